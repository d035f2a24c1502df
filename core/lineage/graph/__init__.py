"""The lineage around a node or a column, laid out."""
