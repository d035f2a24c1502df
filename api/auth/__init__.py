"""Routes about logging in, and about one's own account."""
