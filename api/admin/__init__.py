"""Routes of the instance admin."""
