"""Drops of artifacts: a sensor finds them, a job takes each into the catalog once."""
