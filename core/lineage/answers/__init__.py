"""What is asked of lineage: lists, impact, paths, coverage, changes, exports."""
