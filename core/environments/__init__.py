"""Environments: where a workspace's dbt commands run."""
