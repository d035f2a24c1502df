"""Runs: dbt commands, their log and what became of each node. The history itself is Dagster's."""
