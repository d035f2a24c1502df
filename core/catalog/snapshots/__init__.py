"""States of a catalog over time: kept as differences, read as of any of them, compared."""
