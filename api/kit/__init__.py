"""Tools of the API: errors to HTTP, session, event streams, the way to Dagster."""
