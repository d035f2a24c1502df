"""Finds, checks and loads plugins, and calls them so that a bad one harms nobody else."""
