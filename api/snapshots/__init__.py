"""Routes about snapshots."""
