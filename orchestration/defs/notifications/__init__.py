"""Telling people: the sensors that find what happened, and that deliver it."""
