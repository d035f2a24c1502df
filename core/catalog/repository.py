"""Queries of the catalog. A page costs a fixed number of queries, whatever the size of the project."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer
from sqlalchemy.orm.interfaces import ORMOption

from core.catalog.models import LineageEdge, Node, NodeColumn, NodeResult, SourceFreshness

TEST_TYPES: Final = ("test", "unit_test")
STATUS_UNKNOWN: Final = "unknown"

# Lists and links need none of these, and one compiled model alone can be half a megabyte.
LIGHT: Final[tuple[ORMOption, ...]] = tuple(
    defer(column, raiseload=True)
    for column in (Node.raw_code, Node.compiled_code, Node.config, Node.meta, Node.extra, Node.macros)
)
_RESULT = sa.and_(NodeResult.workspace_id == Node.workspace_id, NodeResult.unique_id == Node.unique_id)
SORTS: Final[dict[str, sa.ColumnElement[Any]]] = {
    "name": sa.func.lower(Node.name),
    "resource_type": Node.resource_type.expression,
    "schema_name": Node.schema_name.expression,
    "materialization": Node.materialization.expression,
    "last_status": NodeResult.status.expression,
    "last_run_at": NodeResult.at.expression,
    "last_execution_time": NodeResult.execution_time.expression,
}


@dataclass(frozen=True)
class NodeFilter:
    """Which nodes a list is about. Empty fields do not filter."""

    resource_types: Sequence[str] = ()
    text: str | None = None
    tags: Sequence[str] = ()
    schemas: Sequence[str] = ()
    materializations: Sequence[str] = ()
    statuses: Sequence[str] = ()
    sort: str = "name"


@dataclass(frozen=True)
class TestTally:
    """The tests of a node, by their last result. `unknown` ones never ran."""

    total: int = 0
    passed: int = 0
    failed: int = 0
    warned: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class NodeRow:
    """A node with its last result and its tests."""

    node: Node
    result: NodeResult | None
    tests: TestTally = field(default_factory=TestTally)


def search_nodes(
    session: Session, workspace_id: int, wanted: NodeFilter, *, offset: int, limit: int
) -> tuple[list[tuple[Node, NodeResult | None]], int]:
    """One page of nodes with their last result, and how many there are in all."""
    query = _filtered(workspace_id, wanted)
    total = session.scalar(query.with_only_columns(sa.func.count(), maintain_column_froms=True)) or 0
    ordered = query.options(*LIGHT).order_by(*_order(wanted)).offset(offset).limit(limit)
    return [(node, result) for node, result in session.execute(ordered)], total


def _filtered(workspace_id: int, wanted: NodeFilter) -> sa.Select[Node, NodeResult]:
    query = (
        sa.select(Node, NodeResult).outerjoin(NodeResult, _RESULT).where(Node.workspace_id == workspace_id)
    )
    if wanted.resource_types:
        query = query.where(Node.resource_type.in_(wanted.resource_types))
    if wanted.tags:
        query = query.where(Node.tags.contains(list(wanted.tags)))
    if wanted.schemas:
        query = query.where(Node.schema_name.in_(wanted.schemas))
    if wanted.materializations:
        query = query.where(Node.materialization.in_(wanted.materializations))
    if wanted.statuses:
        query = query.where(_has_status(wanted.statuses))
    if wanted.text:
        query = query.where(_matches(wanted.text))
    return query


def _has_status(statuses: Sequence[str]) -> sa.ColumnElement[bool]:
    known = NodeResult.status.in_([status for status in statuses if status != STATUS_UNKNOWN])
    return sa.or_(known, NodeResult.status.is_(None)) if STATUS_UNKNOWN in statuses else known


def _matches(text: str) -> sa.ColumnElement[bool]:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = f"%{escaped}%"
    return sa.or_(Node.name.ilike(pattern), Node.description.ilike(pattern), Node.unique_id.ilike(pattern))


def _order(wanted: NodeFilter) -> list[sa.ColumnElement[Any]]:
    """Exact and prefix matches come first; ties are broken by unique_id, so that pages fit together."""
    column = SORTS[wanted.sort.removeprefix("-")]
    chosen = sa.nulls_last(column.desc() if wanted.sort.startswith("-") else column.asc())
    text = (wanted.text or "").lower()
    name = sa.func.lower(Node.name)
    rank = sa.case((name == text, 0), (name.startswith(text, autoescape=True), 1), else_=2)
    return [*([rank] if text else []), chosen, Node.unique_id.expression]


def get_node(session: Session, workspace_id: int, unique_id: str) -> tuple[Node, NodeResult | None] | None:
    """One node with its last result."""
    query = (
        sa.select(Node, NodeResult)
        .outerjoin(NodeResult, _RESULT)
        .where(Node.workspace_id == workspace_id, Node.unique_id == unique_id)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def refs(
    session: Session, workspace_id: int, unique_ids: Sequence[str]
) -> dict[str, tuple[Node, NodeResult | None]]:
    """Nodes by unique_id, with their last result."""
    query = (
        sa.select(Node, NodeResult)
        .outerjoin(NodeResult, _RESULT)
        .where(Node.workspace_id == workspace_id, Node.unique_id.in_(unique_ids))
        .options(*LIGHT)
    )
    return {node.unique_id: (node, result) for node, result in session.execute(query)}


def parents_of(session: Session, workspace_id: int, unique_id: str) -> list[str]:
    """unique_ids that a node reads."""
    edge = LineageEdge
    query = sa.select(edge.parent).where(edge.workspace_id == workspace_id, edge.child == unique_id)
    return sorted(session.scalars(query))


def children_of(session: Session, workspace_id: int, unique_id: str) -> list[str]:
    """unique_ids that read a node."""
    edge = LineageEdge
    query = sa.select(edge.child).where(edge.workspace_id == workspace_id, edge.parent == unique_id)
    return sorted(session.scalars(query))


def columns_of(session: Session, workspace_id: int, unique_id: str) -> list[NodeColumn]:
    """The columns of a node, in order: those of the warehouse first."""
    query = (
        sa.select(NodeColumn)
        .where(NodeColumn.workspace_id == workspace_id, NodeColumn.unique_id == unique_id)
        .order_by(NodeColumn.in_catalog.desc(), NodeColumn.position, NodeColumn.name)
    )
    return list(session.scalars(query))


def _test_links(workspace_id: int, unique_ids: Sequence[str]) -> sa.Subquery:
    """Pairs of a node and a test about it: attached to it, or reading it where dbt attaches it to none."""
    test = sa.and_(Node.workspace_id == workspace_id, Node.resource_type.in_(TEST_TYPES))
    attached = sa.select(Node.attached_node.label("about"), Node.unique_id.label("test_id")).where(
        test, Node.attached_node.in_(unique_ids)
    )
    edge = sa.and_(LineageEdge.workspace_id == Node.workspace_id, LineageEdge.child == Node.unique_id)
    reading = (
        sa.select(LineageEdge.parent.label("about"), Node.unique_id.label("test_id"))
        .join(Node, edge)
        .where(test, Node.attached_node.is_(None), LineageEdge.parent.in_(unique_ids))
    )
    return sa.union(attached, reading).subquery()


def tallies(session: Session, workspace_id: int, unique_ids: Sequence[str]) -> dict[str, TestTally]:
    """How the tests of each node stand, in one query."""
    if not unique_ids:
        return {}
    links = _test_links(workspace_id, unique_ids)
    status = NodeResult.status

    def count(condition: sa.ColumnElement[bool]) -> sa.FunctionFilter[int]:
        return sa.func.count().filter(condition)

    result = sa.and_(NodeResult.workspace_id == workspace_id, NodeResult.unique_id == links.c.test_id)
    query = (
        sa.select(
            links.c.about,
            sa.func.count(),
            count(status.in_(("pass", "success"))),
            count(status.in_(("fail", "error", "runtime error"))),
            count(status == "warn"),
            count(
                sa.or_(
                    status.is_(None),
                    status.not_in(("pass", "success", "fail", "error", "runtime error", "warn")),
                )
            ),
        )
        .select_from(links)
        .outerjoin(NodeResult, result)
        .group_by(links.c.about)
    )
    return {row[0]: TestTally(*row[1:]) for row in session.execute(query)}


def tests_of(session: Session, workspace_id: int, unique_id: str) -> list[tuple[Node, NodeResult | None]]:
    """The tests about a node, with their last result."""
    links = _test_links(workspace_id, [unique_id])
    query = (
        sa.select(Node, NodeResult)
        .join(links, links.c.test_id == Node.unique_id)
        .outerjoin(NodeResult, _RESULT)
        .where(Node.workspace_id == workspace_id)
        .options(*LIGHT)
        .order_by(Node.column_name.nulls_first(), Node.name, Node.unique_id)
    )
    return [(node, result) for node, result in session.execute(query)]


def freshness_of(
    session: Session, workspace_id: int, unique_ids: Sequence[str] | None = None
) -> list[SourceFreshness]:
    """Freshness of these sources, or of all."""
    query = sa.select(SourceFreshness).where(SourceFreshness.workspace_id == workspace_id)
    if unique_ids is not None:
        query = query.where(SourceFreshness.unique_id.in_(unique_ids))
    return list(session.scalars(query.order_by(SourceFreshness.unique_id)))


def counts_by_type(session: Session, workspace_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many nodes of each resource type each workspace has."""
    query = (
        sa.select(Node.workspace_id, Node.resource_type, sa.func.count())
        .where(Node.workspace_id.in_(workspace_ids))
        .group_by(Node.workspace_id, Node.resource_type)
    )
    found: dict[int, dict[str, int]] = {workspace_id: {} for workspace_id in workspace_ids}
    for workspace_id, kind, count in session.execute(query):
        found[workspace_id][kind] = count
    return found


def facet_values(session: Session, workspace_id: int) -> dict[str, list[str]]:
    """The tags, schemas and materializations that occur, for filters."""
    tag = sa.func.unnest(Node.tags)
    here = Node.workspace_id == workspace_id

    def distinct(column: sa.ColumnElement[Any]) -> list[str]:
        return sorted(value for value in session.scalars(sa.select(column).where(here).distinct()) if value)

    return {
        "tags": distinct(tag),
        "schemas": distinct(Node.schema_name.expression),
        "materializations": distinct(Node.materialization.expression),
    }
