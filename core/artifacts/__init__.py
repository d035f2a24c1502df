"""Artifacts: dbt's JSON files, kept under their content hash and ingested into the catalog."""
