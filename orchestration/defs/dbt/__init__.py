"""Assets, checks and the one job of each workspace."""
