"""Column lineage: a sensor finds catalogs that moved on, a job computes what is missing."""
