"""Lineage as the JSON document of the command line; see docs/lineage.md."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from core.lineage.columns.nodes import KnownFrom, NodeColumn, NodeLineage
from core.lineage.columns.values import InfluenceSource, OutputColumn, QueryLineage, Status

# An influence on rows is an edge to every column; where that makes more edges than this, one to "*".
MOST_ROW_EDGES: Final = 20_000
EVERY_COLUMN: Final = "*"


def report(nodes: Mapping[str, NodeLineage]) -> dict[str, Any]:
    """The document for nodes by unique_id."""
    edges = [edge for unique_id, node in nodes.items() for edge in _edges(unique_id, node)]
    return {
        "nodes": {unique_id: _node(node) for unique_id, node in nodes.items()},
        "edges": edges,
        "summary": _summary(nodes, edges),
    }


def of_query(name: str, lineage: QueryLineage) -> dict[str, NodeLineage]:
    """One query as the only node."""
    columns = {
        column.name: NodeColumn(column.name, KnownFrom.INFERRED, column.status, column.reason)
        for column in lineage.columns
    }
    return {name: NodeLineage(lineage.status, lineage.reason, columns, lineage)}


def _node(node: NodeLineage) -> dict[str, Any]:
    return {
        "status": node.status,
        "reason": node.reason,
        "columns": {name: _column(column) for name, column in node.columns.items()},
    }


def _column(column: NodeColumn) -> dict[str, Any]:
    found: dict[str, Any] = {"known_from": column.known_from, "status": column.status}
    return {**found, "reason": column.reason} if column.reason else found


def _edges(unique_id: str, node: NodeLineage) -> Iterator[dict[str, Any]]:
    if node.query is None:
        return
    spelled = {name.lower(): name for name in node.columns}
    for column in node.query.columns:
        target = {"node": unique_id, "column": spelled.get(column.name.lower(), column.name)}
        yield from _value_edges(column, target)
        yield from _influence_edges(column.influences, target)
    names: Sequence[str] = list(node.columns)
    if len(names) * len(node.query.influences) > MOST_ROW_EDGES:
        names = [EVERY_COLUMN]
    for name in names:
        yield from _influence_edges(node.query.influences, {"node": unique_id, "column": name})


def _value_edges(column: OutputColumn, target: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for source in column.sources:
        yield {
            "from": {"node": source.node, "column": source.column},
            "to": target,
            "kind": "value",
            "transform": source.transform,
            "confidence": source.confidence,
            "span": source.span,
        }


def _influence_edges(
    sources: Sequence[InfluenceSource], target: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for source in sources:
        yield {
            "from": {"node": source.node, "column": source.column},
            "to": target,
            "kind": "influence",
            "transform": source.kind,
            "confidence": source.confidence,
            "span": source.span,
        }


def _summary(nodes: Mapping[str, NodeLineage], edges: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    columns = [column for node in nodes.values() for column in node.columns.values()]
    slowest = sorted(nodes.items(), key=lambda item: -item[1].seconds)[:10]
    empty = [unique_id for unique_id, node in nodes.items() if silently_empty(node)]
    return {
        "nodes": dict(Counter(node.status for node in nodes.values())),
        "columns": dict(Counter(column.status for column in columns)),
        "known_from": dict(Counter(column.known_from for column in columns)),
        "edges": dict(Counter(edge["kind"] for edge in edges)),
        "transforms": dict(Counter(edge["transform"] for edge in edges)),
        "silently_empty": empty,
        "slowest": [{"node": key, "seconds": round(node.seconds, 4)} for key, node in slowest if node.seconds],
    }


def silently_empty(node: NodeLineage) -> bool:
    """Whether a node says neither where its columns come from nor why that is not known."""
    said = node.reason or any(column.status is not Status.UNKNOWN for column in node.columns.values())
    return not said and node.status is not Status.NOT_APPLICABLE
