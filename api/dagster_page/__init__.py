"""Dagster's own page, behind ours: open-source Dagster has no login and must never be exposed bare."""
