"""The dashboard's route."""
