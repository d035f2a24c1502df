"""Workspaces: one dbt project each, and nothing of one visible in another."""
