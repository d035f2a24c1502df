"""dbt's node selection syntax, answered by PostgreSQL."""
