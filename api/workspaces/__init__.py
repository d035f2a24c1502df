"""Routes about workspaces."""
