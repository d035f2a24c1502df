"""Queries of the catalog. A page costs a fixed number of queries, whatever the size of the project."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.catalog.health import health_of, tallies, test_links
from core.catalog.models import Node, NodeHealth, NodeResult, SourceFreshness
from core.catalog.prepared import ask
from core.catalog.reading import Reading
from core.catalog.values import TEST_TYPES

STATUS_UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class NodeFilter:
    """Which nodes a list is about. Empty fields do not filter. `folders` take what lies below them too."""

    resource_types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    materializations: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    freshness: tuple[str, ...] = ()
    trusts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    q: str | None = None
    sort: str | None = None


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
    """A node with its last result, its tests, and how far it can be trusted (None: nothing to trust)."""

    node: Node
    result: NodeResult | None = None
    tests: TestTally = field(default_factory=TestTally)
    trust: str | None = None
    reasons: Sequence[str] = ()
    freshness: str | None = None


class Joined:
    """The nodes of a reading with everything that lists show beside them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.node, self.result = reading.nodes, reading.results
        self.fresh = reading.freshness
        self.health: Any = NodeHealth
        if reading.is_past:
            self.health = aliased(NodeHealth, _past_health(reading), adapt_on_names=True)

    def select(self) -> Any:
        """Rows of node, result, health and the status of freshness."""
        node, result, health, fresh = self.node, self.result, self.health, self.fresh
        return (
            sa.select(node, result, health, fresh.status)
            .select_from(node)
            .outerjoin(result, _same(result, node))
            .outerjoin(health, _same(health, node))
            .outerjoin(fresh, _same(fresh, node))
            .where(node.environment_id == self.reading.environment_id)
        )

    def narrow(self, wanted: NodeFilter) -> Any:
        """The nodes with no more beside them than a filter and its sort look at; to be given columns."""
        node, sort = self.node, (wanted.sort or "").removeprefix("-")
        query = sa.select(node.id).select_from(node).where(node.environment_id == self.reading.environment_id)
        if wanted.statuses or sort.startswith("last_"):
            query = query.outerjoin(self.result, _same(self.result, node))
        if wanted.trusts or sort == "trust":
            query = query.outerjoin(self.health, _same(self.health, node))
        if wanted.freshness:
            query = query.outerjoin(self.fresh, _same(self.fresh, node))
        return query

    def sorts(self) -> dict[str, sa.ColumnElement[Any]]:
        """What lists can be ordered by."""
        node, result = self.node, self.result
        return {
            "name": sa.func.lower(node.name),
            "resource_type": sa.type_coerce(node.resource_type, sa.Text),
            "schema_name": sa.type_coerce(node.schema_name, sa.Text),
            "package_name": sa.type_coerce(node.package_name, sa.Text),
            "owner": sa.func.lower(node.owner),
            "materialization": sa.type_coerce(node.materialization, sa.Text),
            "last_status": sa.type_coerce(result.status, sa.Text),
            "last_run_at": sa.type_coerce(result.at, sa.DateTime(timezone=True)),
            "last_execution_time": sa.type_coerce(result.execution_time, sa.Float),
            "trust": sa.case(
                {"broken": 0, "caution": 1, "unknown": 2, "healthy": 3}, value=self.health.trust
            ),
        }


SORTS: Final = (
    "name",
    "resource_type",
    "schema_name",
    "package_name",
    "owner",
    "materialization",
    "last_status",
    "last_run_at",
    "last_execution_time",
    "trust",
)


def _same(other: Any, node: Any) -> sa.ColumnElement[bool]:
    return sa.and_(other.environment_id == node.environment_id, other.unique_id == node.unique_id)


def _past_health(reading: Reading) -> sa.Subquery:
    inner = health_of(reading).subquery("health")
    return sa.select(sa.literal(reading.environment_id).label("environment_id"), *inner.c).subquery("past")


def row_of(found: Any) -> NodeRow:
    """A row of `Joined.select`."""
    node, result, health, freshness = found[:4]
    if health is None:
        return NodeRow(node, result, freshness=freshness)
    rest = health.tests - health.passed - health.failed - health.warned
    tests = TestTally(health.tests, health.passed, health.failed, health.warned, rest)
    return NodeRow(node, result, tests, health.trust, health.reasons, freshness)


def conditions(joined: Joined, wanted: NodeFilter) -> list[sa.ColumnElement[bool]]:
    """What a filter asks for, except its text."""
    node, result, fresh = joined.node, joined.result, joined.fresh
    found: list[sa.ColumnElement[bool]] = []
    for values, column in (
        (wanted.resource_types, node.resource_type),
        (wanted.owners, node.owner),
        (wanted.schemas, node.schema_name),
        (wanted.packages, node.package_name),
        (wanted.materializations, node.materialization),
        (wanted.groups, node.group_name),
        (wanted.access, node.access),
    ):
        if values:
            found.append(column == values[0] if len(values) == 1 else column.in_(values))
    if wanted.tags:
        found.append(node.tags.contains(list(wanted.tags)))
    if wanted.folders:
        found.append(
            sa.or_(*(node.path.startswith(f"{f.rstrip('/')}/", autoescape=True) for f in wanted.folders))
        )
    for values, column in (
        (wanted.statuses, result.status),
        (wanted.freshness, fresh.status),
        (wanted.trusts, joined.health.trust),
    ):
        if values:
            found.append(_known_or_not(column, values, keeps_unknown=column is joined.health.trust))
    if wanted.freshness:
        found.append(node.resource_type == "source")
    return found


def _known_or_not(column: Any, values: Sequence[str], *, keeps_unknown: bool) -> sa.ColumnElement[bool]:
    """`unknown` is a value of its own where it is stored as such, and the lack of one elsewhere."""
    if keeps_unknown or STATUS_UNKNOWN not in values:
        return column.in_(values)
    return sa.or_(column.in_([value for value in values if value != STATUS_UNKNOWN]), column.is_(None))


def get_row(session: Session, reading: Reading, unique_id: str) -> NodeRow | None:
    """One node with what lists show beside it."""
    found = ask(session, reading, _row, unique_id).one_or_none()
    return None if found is None else row_of(found)


def _row(reading: Reading, unique_id: str) -> Any:
    joined = Joined(reading)
    return joined.select().where(joined.node.unique_id == unique_id)


def refs(session: Session, reading: Reading, unique_ids: Sequence[str]) -> dict[str, NodeRow]:
    """Nodes by unique_id, with their last result; without tests and trust."""
    node, result = reading.nodes, reading.results
    query = (
        sa.select(node, result)
        .outerjoin(result, _same(result, node))
        .where(node.environment_id == reading.environment_id, node.unique_id == sa.func.any(list(unique_ids)))
    )
    return {found.unique_id: NodeRow(found, outcome) for found, outcome in session.execute(query)}


def tally_of(session: Session, reading: Reading, unique_ids: Sequence[str]) -> dict[str, TestTally]:
    """How the tests of each node stand, in one query."""
    tally = tallies(reading, unique_ids)
    found: dict[str, TestTally] = {}
    for about, total, passed, failed, warned in session.execute(sa.select(tally)):
        found[about] = TestTally(total, passed, failed, warned, total - passed - failed - warned)
    return found


def tests_of(session: Session, reading: Reading, unique_id: str) -> list[tuple[Node, NodeResult | None]]:
    """The tests about a node, with their last result."""
    return [(test, outcome) for test, outcome in ask(session, reading, _tests, unique_id)]


def _tests(reading: Reading, unique_id: str) -> Any:
    node, result = reading.nodes, reading.results
    links = test_links(reading, lambda column: column == unique_id)
    return (
        sa.select(node, result)
        .join(links, links.c.test_id == node.unique_id)
        .outerjoin(result, _same(result, node))
        .where(node.environment_id == reading.environment_id)
        .order_by(node.column_name.nulls_first(), node.name, node.unique_id)
    )


def freshness_of(session: Session, reading: Reading) -> list[SourceFreshness]:
    """Freshness of every source that was asked."""
    fresh = reading.freshness
    query = sa.select(fresh).where(fresh.environment_id == reading.environment_id)
    return list(session.scalars(query.order_by(fresh.unique_id)))


def counts_by_type(session: Session, environment_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many nodes of each resource type each environment has now."""
    query = (
        sa.select(Node.environment_id, Node.resource_type, sa.func.count())
        .where(Node.environment_id.in_(environment_ids))
        .group_by(Node.environment_id, Node.resource_type)
    )
    found: dict[int, dict[str, int]] = {environment_id: {} for environment_id in environment_ids}
    for environment_id, kind, count in session.execute(query):
        found[environment_id][kind] = count
    return found


def is_test(kind: str) -> bool:
    """Whether a resource type is one of dbt's tests."""
    return kind in TEST_TYPES
