"""Bringing artifacts, and what became of them."""
