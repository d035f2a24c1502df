"""What can be tested without Dagster's machinery around it."""
