"""The domain of dbt Workbench. Knows neither FastAPI nor Dagster."""

__version__ = "0.1.0"
