"""How much of a project's columns is traced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.kit.paging import decode_cursor, page_of
from core.lineage.answers.facts import EDGE, WITH_COLUMNS, holds, node_facts
from core.lineage.answers.shapes import NOT_TRACED, Listed, NodeFact
from core.lineage.answers.state import TraceState, state_of
from core.lineage.columns.values import Status
from core.lineage.models import INFLUENCE, VALUE, LineageColumn, NodeLineageVersion

SHEET: Final = (
    "node",
    "resource_type",
    "status",
    "reason",
    "columns",
    "columns_resolved",
    "seconds",
    "kept_since",
)
SLOWEST: Final = 10
RESOLVED: Final = (Status.COMPLETE, Status.NONE)
# The least known first.
_ORDER: Final = {"unknown": 0, NOT_TRACED: 1, "partial": 2, "complete": 3, "not_applicable": 4}
VERSION: Final = NodeLineageVersion


@dataclass(frozen=True)
class Wanted:
    """Which nodes are listed, and in which order."""

    statuses: tuple[str, ...] = ()
    q: str = ""
    sort: str = "status"


@dataclass(frozen=True)
class Slow:
    """A node that took long, and its share of the time that all took."""

    node: NodeFact
    seconds: float
    share: float


@dataclass(frozen=True)
class Coverage:
    """Counts of nodes, columns and edges. `resolved` is None where there is nothing to resolve."""

    trace: TraceState
    nodes: Mapping[str, int]
    columns: Mapping[str, int]
    resolved: float | None
    known_from: Mapping[str, int]
    edges: Mapping[str, int]
    transforms: Mapping[str, int]
    kept: int
    slowest: Sequence[Slow]


@dataclass(frozen=True)
class Covered:
    """How much is known of a node."""

    node: NodeFact
    status: str
    reason: str
    columns: int
    columns_resolved: int
    seconds: float | None
    kept_since: int | None


def coverage_of(session: Session, reading: Reading) -> Coverage:
    """How much of a project is traced, in a fixed number of queries."""
    nodes, kept = _nodes(session, reading)
    columns, known_from = _columns(session, reading)
    edges, transforms = _edges(session, reading)
    applicable = sum(count for status, count in columns.items() if status != Status.NOT_APPLICABLE)
    return Coverage(
        trace=state_of(session, reading),
        nodes={status: nodes.get(status, 0) for status in _ORDER},
        columns={str(status): columns.get(status, 0) for status in Status},
        resolved=sum(columns.get(status, 0) for status in RESOLVED) / applicable if applicable else None,
        known_from=known_from,
        edges={kind: edges.get(kind, 0) for kind in (VALUE, INFLUENCE)},
        transforms=transforms,
        kept=kept,
        slowest=_slowest(session, reading),
    )


def _joined(reading: Reading) -> Any:
    """Nodes that can have columns, with what is known of these; to be given columns."""
    node: Any = reading.nodes
    same = sa.and_(
        VERSION.environment_id == reading.environment_id,
        VERSION.unique_id == node.unique_id,
        holds(VERSION, reading),
    )
    return (
        sa.select(node.unique_id)
        .select_from(node)
        .outerjoin(VERSION, same)
        .where(node.environment_id == reading.environment_id, node.resource_type.in_(WITH_COLUMNS))
    )


_STATUS: Final = sa.func.coalesce(VERSION.status, sa.literal(NOT_TRACED, sa.Text))


def _nodes(session: Session, reading: Reading) -> tuple[dict[str, int], int]:
    query: Any = _joined(reading).with_only_columns(
        _STATUS, sa.func.count(), sa.func.count(VERSION.kept_since), maintain_column_froms=True
    )
    rows: Any = session.execute(query.group_by(_STATUS)).all()
    return {row[0]: row[1] for row in rows}, sum(row[2] for row in rows)


def _columns(session: Session, reading: Reading) -> tuple[dict[str, int], dict[str, int]]:
    listed = sa.func.jsonb_to_recordset(VERSION.columns)
    each: Any = listed.table_valued(
        sa.column("status", sa.Text), sa.column("known_from", sa.Text), name="each"
    )
    each = each.render_derived(with_types=True).lateral()
    node: Any = _joined(reading).with_only_columns(
        each.c.status, each.c.known_from, sa.func.count(), maintain_column_froms=True
    )
    query = node.join(each, sa.true()).group_by(each.c.status, each.c.known_from)
    statuses: dict[str, int] = {}
    known_from: dict[str, int] = {}
    rows: Any = session.execute(query)
    for status, known, count in rows:
        statuses[status] = statuses.get(status, 0) + count
        known_from[known] = known_from.get(known, 0) + count
    return statuses, known_from


def _edges(session: Session, reading: Reading) -> tuple[dict[str, int], dict[str, int]]:
    here = sa.select(LineageColumn.id).where(LineageColumn.environment_id == reading.environment_id)
    query = (
        sa.select(EDGE.kind, EDGE.transform, sa.func.count())
        .where(EDGE.kind.in_((VALUE, INFLUENCE)), EDGE.child_id.in_(here), holds(EDGE, reading))
        .group_by(EDGE.kind, EDGE.transform)
    )
    kinds: dict[str, int] = {}
    transforms: dict[str, int] = {}
    for kind, transform, count in session.execute(query):
        kinds[kind] = kinds.get(kind, 0) + count
        transforms[transform] = count
    return kinds, transforms


def _slowest(session: Session, reading: Reading) -> list[Slow]:
    total = sa.func.sum(VERSION.seconds).over()
    query = (
        sa.select(VERSION.unique_id, VERSION.seconds, total)
        .where(VERSION.environment_id == reading.environment_id, holds(VERSION, reading), VERSION.seconds > 0)
        .order_by(VERSION.seconds.desc(), VERSION.unique_id)
        .limit(SLOWEST)
    )
    rows = session.execute(query).all()
    facts = node_facts(session, reading, [row[0] for row in rows])
    return [Slow(facts[unique_id], seconds, seconds / whole) for unique_id, seconds, whole in rows]


def nodes_page(
    session: Session, reading: Reading, wanted: Wanted, *, cursor: str | None = None, limit: int | None
) -> Listed[Covered]:
    """One page of nodes with what is known of them; all of them without a limit.

    Raises:
        Invalid: the cursor is none of ours.
    """
    offset = decode_cursor(cursor)
    query = _narrowed(reading, _joined(reading), wanted)
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    rows: Any = session.execute(
        query.add_columns(*_facts(reading))
        .order_by(*_sorted(reading, wanted.sort))
        .offset(offset)
        .limit(limit)
    ).all()
    nodes = node_facts(session, reading, [row[0] for row in rows])
    items = [Covered(nodes[row[0]], *row[1:]) for row in rows]
    page = page_of(items, total=total, offset=offset, limit=limit or len(items))
    return Listed(page.items, total, page.next_cursor)


def _narrowed(reading: Reading, query: Any, wanted: Wanted) -> Any:
    if wanted.statuses:
        query = query.where(_STATUS.in_(wanted.statuses))
    if wanted.q:
        query = query.where(reading.nodes.unique_id.icontains(wanted.q.strip(), autoescape=True))
    return query


def _facts(reading: Reading) -> list[Any]:
    resolved = " || ".join(f'@.status == "{status}"' for status in RESOLVED)
    known = sa.func.jsonb_path_query_array(
        VERSION.columns, sa.cast(sa.literal(f"$[*] ? ({resolved})"), JSONPATH)
    )
    return [
        _STATUS,
        sa.func.coalesce(VERSION.reason, ""),
        _length(reading),
        sa.func.coalesce(sa.func.jsonb_array_length(known), 0),
        VERSION.seconds,
        VERSION.kept_since,
    ]


def _length(reading: Reading) -> Any:
    """The columns that lineage knows; of what was never traced, those that the catalog knows."""
    return sa.func.coalesce(sa.func.jsonb_array_length(VERSION.columns), reading.nodes.columns_total)


def _sorted(reading: Reading, sort: str) -> list[Any]:
    node = reading.nodes
    name = sa.func.lower(node.name)
    keys: dict[str, Any] = {
        "status": sa.case(_ORDER, value=_STATUS),
        "name": name,
        "seconds": sa.func.coalesce(VERSION.seconds, 0),
        "columns": _length(reading),
    }
    key = keys[sort.removeprefix("-")]
    return [key.desc() if sort.startswith("-") else key.asc(), name, sa.type_coerce(node.unique_id, sa.Text)]


def row(item: Covered) -> Sequence[Any]:
    """For `SHEET`."""
    node = item.node
    facts = (item.columns, item.columns_resolved, item.seconds, item.kept_since)
    return node.unique_id, node.resource_type, item.status, item.reason, *facts
