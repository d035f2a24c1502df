"""The graph of a whole project, laid out and kept."""
