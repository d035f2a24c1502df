"""x."""

from typing import Any

PAGE = 1000


def node_edges(*a: Any, **k: Any) -> Any:
    raise NotImplementedError


column_edges = node_edges
