"""Lists of what lies up- or downstream, nearest first, with totals of the whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.kit.paging import decode_cursor, page_of
from core.lineage.answers import known
from core.lineage.answers.facts import EDGE, holds, kind_of, known_nodes, node_facts, require_node
from core.lineage.answers.shapes import NodeFact
from core.lineage.answers.state import TraceState, state_of
from core.lineage.models import OF_ROWS, ROWS, VALUE, LineageColumn
from core.lineage.walks.columns import INFLUENCES, VALUES, Direction, Trace, trace
from core.lineage.walks.nodes import distances

COLUMN_SHEET: Final = ("node", "column", "resource_type", "steps", "kind", "via")
NODE_SHEET: Final = ("node", "name", "resource_type", "materialization", "last_status", "steps")


@dataclass(frozen=True)
class Wanted:
    """Which of what a walk reaches is listed."""

    direction: Direction = "up"
    steps: int | None = None
    q: str = ""
    resource_types: tuple[str, ...] = ()
    influence: bool = False
    tests: bool = False


@dataclass(frozen=True)
class ReachedColumn:
    """A column, its smallest distance, and what the last step there does."""

    node: NodeFact
    column: str
    steps: int
    kind: str
    via: str


@dataclass(frozen=True)
class Totals:
    """How many columns and nodes a walk reaches in all."""

    columns: int
    nodes: int


@dataclass(frozen=True)
class ReachedColumns:
    """One page of columns. `status` is that of the node, `column_status` that of the column it begins at."""

    items: Sequence[ReachedColumn]
    total: int
    next_cursor: str | None
    totals: Totals
    status: str
    column_status: str
    trace: TraceState


@dataclass(frozen=True)
class ReachedNode:
    """A node and its smallest distance."""

    node: NodeFact
    steps: int


@dataclass(frozen=True)
class ReachedNodes:
    """One page of nodes; `whole` counts them without the filter."""

    items: Sequence[ReachedNode]
    total: int
    next_cursor: str | None
    whole: int


def columns_from(
    session: Session,
    reading: Reading,
    unique_id: str,
    column: str,
    wanted: Wanted,
    *,
    cursor: str | None = None,
    limit: int | None,
) -> ReachedColumns:
    """One page of the columns up- or downstream of a column; all of them without a limit.

    Raises:
        NotFound: no such node, or nobody knows of the column.
        Invalid: the cursor is none of ours.
    """
    offset = decode_cursor(cursor)
    start = known.require_column(session, reading, unique_id, column)
    found = trace(session, reading, start.starts, wanted.direction, influence=wanted.influence)
    rows, total, totals = _page(session, found, wanted, unique_id, offset, limit)
    items = _reached(session, reading, found, rows)
    page = page_of(items, total=total, offset=offset, limit=limit or len(items))
    return ReachedColumns(
        page.items,
        total,
        page.next_cursor,
        totals,
        start.node_status,
        start.status,
        state_of(session, reading),
    )


def _page(
    session: Session, found: Trace, wanted: Wanted, unique_id: str, offset: int, limit: int | None
) -> tuple[Sequence[Any], int, Totals]:
    """Rows of columns, how many the filter lets through, and how many there are."""
    reached, table = reached_table(found), LineageColumn
    whole = (
        sa.select(table.id, table.unique_id, table.name, reached.c.steps)
        .join(reached, reached.c.id == table.id)
        .cte("whole")
    )
    # Grouped before they are counted: hashing names is many times faster than sorting them.
    others = sa.select(whole.c.unique_id).where(whole.c.unique_id != unique_id).distinct().subquery()
    counts = sa.select(
        sa.func.count().filter(whole.c.name != ROWS).label("columns"),
        sa.select(sa.func.count()).select_from(others).scalar_subquery().label("nodes"),
    ).cte("counts")
    listed = _listed(whole, wanted).cte("listed")
    total = sa.select(sa.func.count()).select_from(listed).scalar_subquery()
    order = (listed.c.steps, sa.collate(listed.c.unique_id, "C"), sa.collate(listed.c.name, "C"), listed.c.id)
    part = sa.select(listed).order_by(*order).offset(offset).limit(limit).subquery()
    # Counts stand in a row of their own where there is nothing else to list.
    query = sa.select(counts, total.label("total"), part).select_from(counts).outerjoin(part, sa.true())
    shown = (part.c.steps, sa.collate(part.c.unique_id, "C"), sa.collate(part.c.name, "C"), part.c.id)
    rows = session.execute(query.order_by(*shown)).all()
    first = rows[0]
    return [row for row in rows if row.id is not None], first.total, Totals(first.columns, first.nodes)


def _counts(columns: Any, unique_id: str) -> tuple[Any, Any]:
    """How many columns there are, and nodes beside the one that a walk begins at."""
    nodes = sa.func.count(columns.unique_id.distinct()).filter(columns.unique_id != unique_id)
    return sa.func.count().filter(columns.name != ROWS).label("columns"), nodes.label("nodes")


def reached_table(found: Trace) -> Any:
    """What a walk reaches, as a table of numbers and distances; without the start and its like."""
    near = {number: far for number, far in found.steps.items() if far}
    return (
        sa.func.unnest(_array(near, sa.BigInteger), _array(near.values(), sa.Integer)).table_valued(
            sa.column("id", sa.BigInteger), sa.column("steps", sa.Integer), name="reached"
        )
    ).render_derived()


def _array(numbers: Iterable[int], kind: type[sa.Integer]) -> Any:
    """Numbers as one text: drivers take many times longer over a list of thousands."""
    return sa.cast(sa.literal("{" + ",".join(map(str, numbers)) + "}", sa.Text), ARRAY(kind))


def totals_of(session: Session, found: Trace, unique_id: str) -> Totals:
    """How many columns a walk reaches, and nodes beside the one it begins at."""
    reached, table = reached_table(found), LineageColumn
    query = sa.select(*_counts(table, unique_id)).join(reached, reached.c.id == table.id)
    return Totals(*session.execute(query).one())


def _listed(whole: Any, wanted: Wanted) -> Any:
    query = sa.select(whole).where(whole.c.name != ROWS)
    if wanted.steps is not None:
        query = query.where(whole.c.steps <= wanted.steps)
    if wanted.resource_types:
        query = query.where(sa.func.split_part(whole.c.unique_id, ".", 1).in_(wanted.resource_types))
    if wanted.q:
        text = wanted.q.strip()
        named = (one.icontains(text, autoescape=True) for one in (whole.c.name, whole.c.unique_id))
        query = query.where(sa.or_(*named))
    return query


def _reached(session: Session, reading: Reading, found: Trace, rows: Sequence[Any]) -> list[ReachedColumn]:
    facts = node_facts(session, reading, {row.unique_id for row in rows})
    via = _last_steps(session, reading, found, [row.id for row in rows])
    return [
        ReachedColumn(
            facts[row.unique_id],
            row.name,
            row.steps,
            "value" if row.id in found.value else "influence",
            via[row.id],
        )
        for row in rows
        # An edge that went between two queries is not there to say what it did.
        if via[row.id]
    ]


def _last_steps(session: Session, reading: Reading, found: Trace, numbers: Sequence[int]) -> dict[int, str]:
    """What the last step to each of these columns does; of several, that of a value."""
    up = found.direction == "up"
    here, there = (EDGE.parent_id, EDGE.child_id) if up else (EDGE.child_id, EDGE.parent_id)
    kinds = VALUES if found.value == found.steps.keys() else INFLUENCES
    through = _rows_beside(found, numbers)
    ends = {*numbers, *through.values()}
    query = (
        sa.select(here, there, EDGE.transform)
        .where(
            here == sa.func.any(list(ends)), EDGE.kind != OF_ROWS, EDGE.kind.in_(kinds), holds(EDGE, reading)
        )
        .order_by(EDGE.kind != VALUE, EDGE.transform.desc(), there)
    )
    first: dict[int, str] = {}
    for end, before, transform in session.execute(query):
        if found.steps.get(before, -2) == found.steps[end] - 1:
            first.setdefault(end, transform)
    return {number: first.get(number) or first.get(through.get(number, number), "") for number in numbers}


def _rows_beside(found: Trace, numbers: Sequence[int]) -> Mapping[int, int]:
    """For columns that were reached as some of all rows: the column that stands for these."""
    if found.direction == "up":
        return {}
    wanted = set(numbers)
    return {
        far: one
        for one, near in found.near.items()
        for far, kind in near
        if kind == OF_ROWS and far in wanted and found.steps.get(one) == found.steps.get(far)
    }


def nodes_from(
    session: Session,
    reading: Reading,
    unique_id: str,
    wanted: Wanted,
    *,
    cursor: str | None = None,
    limit: int | None,
) -> ReachedNodes:
    """One page of the nodes up- or downstream of a node; all of them without a limit.

    Raises:
        NotFound: no such node.
        Invalid: the cursor is none of ours.
    """
    offset = decode_cursor(cursor)
    require_node(session, reading, unique_id)
    steps = distances(session, reading, [unique_id], wanted.direction, tests=wanted.tests)
    del steps[unique_id]
    facts = known_nodes(session, reading, steps)
    found = sorted(
        (
            ReachedNode(fact, steps[key])
            for key, fact in facts.items()
            if _is_wanted(fact, steps[key], wanted)
        ),
        key=lambda item: (item.steps, item.node.name, item.node.unique_id),
    )
    items = found[offset:] if limit is None else found[offset : offset + limit]
    page = page_of(items, total=len(found), offset=offset, limit=limit or len(items))
    return ReachedNodes(page.items, len(found), page.next_cursor, len(facts))


def _is_wanted(fact: NodeFact, steps: int, wanted: Wanted) -> bool:
    return (
        (wanted.steps is None or steps <= wanted.steps)
        and (not wanted.resource_types or kind_of(fact.unique_id) in wanted.resource_types)
        and wanted.q.strip().lower() in fact.unique_id.lower()
    )


def column_row(item: ReachedColumn) -> Sequence[Any]:
    """For `COLUMN_SHEET`."""
    node = item.node
    return node.unique_id, item.column, node.resource_type, item.steps, item.kind, item.via


def node_row(item: ReachedNode) -> Sequence[Any]:
    """For `NODE_SHEET`."""
    node = item.node
    facts = (node.unique_id, node.name, node.resource_type, node.materialization, node.last_status)
    return *facts, item.steps
