"""Routes of the search box."""
