"""What Dagster loads: a thin skin over `core`."""
