"""Routes about plugins."""
