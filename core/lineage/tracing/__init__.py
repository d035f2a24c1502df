"""Column lineage of an environment, brought up to its catalog: only what changed is computed."""
