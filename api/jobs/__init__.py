"""Routes about jobs and their triggers."""
