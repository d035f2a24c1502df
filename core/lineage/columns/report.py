"""Lineage as the JSON document of the command line, written piece by piece; see docs/lineage.md."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from core.lineage.columns.nodes import KnownFrom, NodeColumn, NodeLineage
from core.lineage.columns.values import InfluenceSource, QueryLineage, Span, Status

# An influence on rows is an edge to every column; where that makes more edges than this, one to "*".
MOST_ROW_EDGES: Final = 20_000
EVERY_COLUMN: Final = "*"
_json = msgspec.json.Encoder().encode


def report(nodes: Mapping[str, NodeLineage]) -> Iterator[bytes]:
    """The document for nodes by unique_id, in pieces: whole, it would be many times the lineage itself."""
    yield b'{"nodes":{'
    for place, (unique_id, node) in enumerate(nodes.items()):
        yield (b"," if place else b"") + _json(unique_id) + b":" + _json(_node(node))
    yield b'},"edges":['
    counted: Counter[tuple[str, str]] = Counter()
    place = 0
    for unique_id, node in nodes.items():
        edges = list(_edges(unique_id, node, counted))
        if edges:
            yield (b"," if place else b"") + b",".join(edges)
            place += 1
    yield b'],"summary":' + _json(_summary(nodes, counted)) + b"}\n"


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


def _edges(unique_id: str, node: NodeLineage, counted: Counter[tuple[str, str]]) -> Iterator[bytes]:
    if node.query is None:
        return
    spelled = {name.lower(): name for name in node.columns}
    for column in node.query.columns:
        target = _json({"node": unique_id, "column": spelled.get(column.name.lower(), column.name)})
        for source in column.sources:
            counted["value", source.transform] += 1
            kind = ("value", source.transform, source.confidence)
            yield _edge(_json({"node": source.node, "column": source.column}), target, kind, source.span)
        yield from _influences(column.influences, [target], counted)
    yield from _influences(node.query.influences, _targets(unique_id, node, node.query), counted)


def _targets(unique_id: str, node: NodeLineage, query: QueryLineage) -> list[bytes]:
    """Every column; a star where that would be too many edges."""
    names: Iterable[str] = node.columns
    if len(node.columns) * len(query.influences) > MOST_ROW_EDGES:
        names = [EVERY_COLUMN]
    return [_json({"node": unique_id, "column": name}) for name in names]


def _influences(
    sources: Sequence[InfluenceSource], targets: Sequence[bytes], counted: Counter[tuple[str, str]]
) -> Iterator[bytes]:
    for source in sources:
        counted["influence", source.kind] += len(targets)
        start = _json({"node": source.node, "column": source.column})
        # Thousands of targets may share everything but their name.
        head, tail = _around(start, ("influence", source.kind, source.confidence), source.span)
        for target in targets:
            yield head + target + tail


def _edge(start: bytes, end: bytes, kind: tuple[str, str, float], span: Span | None) -> bytes:
    head, tail = _around(start, kind, span)
    return head + end + tail


def _around(start: bytes, kind: tuple[str, str, float], span: Span | None) -> tuple[bytes, bytes]:
    """An edge without the column that it ends in: what stands before that, and what stands behind."""
    name, transform, confidence = kind
    place = b"null" if span is None else b"[%d,%d]" % span
    described = b'"kind":"%b","transform":"%b","confidence":%g' % (
        name.encode(),
        transform.encode(),
        confidence,
    )
    return b'{"from":%b,"to":' % start, b',%b,"span":%b}' % (described, place)


def _summary(nodes: Mapping[str, NodeLineage], counted: Counter[tuple[str, str]]) -> dict[str, Any]:
    columns = [column for node in nodes.values() for column in node.columns.values()]
    slowest = sorted(nodes.items(), key=lambda item: -item[1].seconds)[:10]
    kinds: Counter[str] = Counter()
    for (kind, _), count in counted.items():
        kinds[kind] += count
    return {
        "nodes": Counter(node.status.value for node in nodes.values()),
        "columns": Counter(column.status.value for column in columns),
        "known_from": Counter(column.known_from.value for column in columns),
        "edges": kinds,
        "transforms": {transform: count for (_, transform), count in counted.items()},
        "silently_empty": [unique_id for unique_id, node in nodes.items() if silently_empty(node)],
        "slowest": [
            {"node": key, "seconds": round(node.seconds, 4)} for key, node in slowest if node.seconds
        ],
    }


def silently_empty(node: NodeLineage) -> bool:
    """Whether a node says neither where its columns come from nor why that is not known."""
    said = node.reason or any(column.status is not Status.UNKNOWN for column in node.columns.values())
    return not said and node.status is not Status.NOT_APPLICABLE
