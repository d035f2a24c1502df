"""The rows of one node's lineage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from core.lineage.columns.nodes import NodeColumn, NodeLineage
from core.lineage.columns.values import InfluenceSource, Span, Status
from core.lineage.models import INFLUENCE, OF_ROWS, ROWS, VALUE

Column = tuple[str, str]
# Parent, child, kind and transform; then confidence and span.
EdgeKey = tuple[Column, Column, str, str]
EdgeFacts = tuple[float, Span | None]


@dataclass
class Traced:
    """What is known of a node, on its way into the tables. `edges` are None where those of before stay."""

    status: str
    reason: str
    columns: list[dict[str, Any]]
    complete: bool
    seconds: float
    input_hash: UUID
    code_hash: UUID | None
    used: Mapping[str, list[str]] = field(default_factory=dict[str, list[str]])
    kept_since: int | None = None
    edges: Mapping[EdgeKey, EdgeFacts] | None = None

    def says(self) -> tuple[Any, ...]:
        """All that makes a version of it, edges aside."""
        return self.status, self.reason, self.columns, self.complete, dict(self.used), self.kept_since


# By node: its columns as they are spelled, by that very name and by the name in lower case.
Spelling = Mapping[str, Mapping[str, str]]


def spelled(names: Iterable[str]) -> dict[str, str]:
    """One node's part of a `Spelling`."""
    listed = list(names)
    return {name.lower(): name for name in reversed(listed)} | {name: name for name in listed}


def _as_spelled(name: str, names: Mapping[str, str]) -> str:
    return names.get(name) or names.get(name.lower(), name)


def traced(found: NodeLineage, input_hash: UUID, code_hash: UUID | None) -> Traced:
    """From an outcome of the engine, without its edges."""
    used = {} if found.query is None else {node: list(names) for node, names in found.query.used.items()}
    return Traced(
        status=found.status.value,
        reason=found.reason,
        columns=[column_row(column) for column in found.columns.values()],
        complete=found.complete,
        seconds=round(found.seconds, 4),
        input_hash=input_hash,
        code_hash=code_hash,
        used=used,
    )


def column_row(column: NodeColumn) -> dict[str, Any]:
    """A column as `node_lineage` keeps it."""
    row: dict[str, Any] = {
        "name": column.name,
        "known_from": column.known_from.value,
        "status": column.status.value,
    }
    if column.reason:
        row["reason"] = column.reason
    if not column.listed:
        row["listed"] = False
    if column.from_use:
        row["from_use"] = True
    return row


def tells_nothing(found: NodeLineage) -> bool:
    """Whether the SQL could not be read, so that what was known before says more."""
    return found.status is Status.UNKNOWN


def edges_of(unique_id: str, found: NodeLineage, spelling: Spelling) -> Iterator[tuple[EdgeKey, EdgeFacts]]:
    """The edges that end in columns of a node, or in all of its rows."""
    if found.query is None:
        return
    own = spelled(found.columns)
    for column in found.query.columns:
        child = (unique_id, _as_spelled(column.name, own))
        for source in column.sources:
            parent = _parent(source.node, source.column, spelling)
            yield (parent, child, VALUE, source.transform.value), (source.confidence, source.span)
        yield from _influences(column.influences, child, spelling)
    rows = (unique_id, ROWS)
    yield from _influences(found.query.influences, rows, spelling)
    if found.query.influences:
        for name in found.columns:
            yield (rows, (unique_id, name), OF_ROWS, OF_ROWS), _NOTHING


_NOTHING: Final[EdgeFacts] = (1.0, None)


def _parent(node: str, column: str, spelling: Spelling) -> Column:
    """A column as its node spells it."""
    return node, _as_spelled(column, spelling.get(node, {}))


def _influences(
    sources: Sequence[InfluenceSource], child: Column, spelling: Spelling
) -> Iterator[tuple[EdgeKey, EdgeFacts]]:
    for source in sources:
        parent = _parent(source.node, source.column, spelling)
        yield (parent, child, INFLUENCE, source.kind.value), (source.confidence, source.span)
