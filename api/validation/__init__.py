"""Routes about how well a project is kept."""
