"""Walks over edges, in the database: each edge once, whatever the number of ways."""
