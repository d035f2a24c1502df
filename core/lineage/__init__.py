"""Lineage: walks over the graph of nodes, and where to draw them."""
