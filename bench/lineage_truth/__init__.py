"""The public benchmark of column lineage: cases with expected edges, an oracle, and scores."""
