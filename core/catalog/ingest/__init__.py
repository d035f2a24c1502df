"""Writing what artifacts say into the catalog: only what changed, in bulk, in the caller's transaction."""
