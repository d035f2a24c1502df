"""Routes about what changes while one looks."""
