"""Triggers of jobs, as schedules and sensors of Dagster."""
