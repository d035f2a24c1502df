"""Routes about the nodes of a dbt project."""
