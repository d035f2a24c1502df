"""What Dagster loads."""

from orchestration.defs.compose import load

defs = load()
