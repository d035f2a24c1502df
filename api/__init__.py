"""The HTTP API: translates requests into calls of `core`, and answers into JSON."""
