"""Routes about environments."""
