"""Searching the catalog as one types: what nodes are found by, how they are ranked, what matched."""
