"""Column lineage: where every column of a query comes from, and how it got there. Pure; no database."""
