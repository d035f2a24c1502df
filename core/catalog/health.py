"""How the tests of a node stand, and whether it can be trusted.

Trust is one of four:

- `broken`: its last build failed, one of its tests fails, or its source is too old.
- `unknown`: it was never built (or asked for its freshness), so nobody knows.
- `caution`: it stands, but a test warns, never ran or does not exist, it was skipped, or what it reads is
  broken.
- `healthy`: built, tested and fresh, as far as each of these applies to it.

Reasons are codes, some with a count (`tests_failed:2`); `sentence` puts them into words.
"""

from collections.abc import Callable, Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, array, insert
from sqlalchemy.orm import Session

from core.catalog.models import NodeHealth
from core.catalog.reading import Reading
from core.catalog.values import TEST_TYPES
from core.kit.database import over_many_rows

BUILT: Final = ("model", "seed", "snapshot")
RESTING: Final = ("exposure", "metric", "semantic_model", "saved_query")
TRUSTED: Final = (*BUILT, "source", *RESTING)
# A test that had nothing to do (`no-op`) looked at nothing.
PASSED: Final = ("pass", "success", "reused")
FAILED: Final = ("fail", "error", "runtime error")
HALF: Final = ("warn", "partial success", "skipped")

_SENTENCES: Final = {
    "last_run_failed": "Its last run failed.",
    "tests_failed": "{} of its tests fail.",
    "freshness_failed": "Its data is older than allowed, or could not be looked at.",
    "never_built": "It was never built here.",
    "freshness_unknown": "Nobody knows how fresh it is: dbt source freshness has not asked it.",
    "upstream_unknown": "{} of the things it reads are unknown.",
    "last_run_incomplete": "Its last run was skipped or ended with a warning.",
    "tests_warned": "{} of its tests warn.",
    "tests_not_run": "{} of its tests never ran.",
    "no_tests": "It has no tests.",
    "freshness_warned": "Its data is older than it should be.",
    "upstream_broken": "{} of the things it reads are broken.",
    "upstream_stale": "{} of the sources it reads are older than they should be.",
}


def sentence(reason: str) -> str:
    """A reason in words."""
    code, _, count = reason.partition(":")
    return _SENTENCES.get(code, code).format(count)


def refresh(session: Session, reading: Reading, unique_ids: Collection[str] | None = None) -> None:
    """Work out the health of these nodes and of those that depend on it; of all, without a list.

    To be called whenever nodes, results or freshness were written.
    """
    targets = None if unique_ids is None else _targets(session, reading, unique_ids)
    if targets is not None and not targets:
        return
    rows = health_of(reading, targets)
    names = [column.name for column in rows.selected_columns]
    statement = insert(NodeHealth).from_select(["environment_id", *names], _with_environment(reading, rows))
    updates = {name: statement.excluded[name] for name in names if name != "unique_id"}
    upsert = statement.on_conflict_do_update(index_elements=["environment_id", "unique_id"], set_=updates)
    if targets is None:
        with over_many_rows(session):
            session.execute(upsert)
    else:
        session.execute(upsert)


def _with_environment(reading: Reading, rows: Any) -> Any:
    inner = rows.subquery("health")
    return sa.select(sa.literal(reading.environment_id), *inner.c)


def _targets(session: Session, reading: Reading, unique_ids: Collection[str]) -> list[str]:
    """These nodes, those that tests among them are about, and whoever reads any of them."""
    node, edge, ids = reading.nodes, reading.edges, list(unique_ids)
    here, wanted = node.environment_id == reading.environment_id, node.unique_id == sa.func.any(ids)
    is_test = node.resource_type.in_(TEST_TYPES)
    attached = sa.select(node.attached_node).where(here, wanted, node.attached_node.is_not(None))
    read = (
        sa.select(edge.parent)
        .join(node, sa.and_(node.environment_id == edge.environment_id, node.unique_id == edge.child))
        .where(here, wanted, is_test)
    )
    about = {*ids, *session.scalars(attached), *session.scalars(read)}
    children = sa.select(edge.child).where(
        edge.environment_id == reading.environment_id, edge.parent == sa.func.any(list(about))
    )
    return [key for key in about.union(session.scalars(children)) if key is not None]


About = Callable[[Any], sa.ColumnElement[bool]]


def test_links(reading: Reading, is_about: About | None) -> sa.CTE:
    """Pairs of a node and a test about it: attached to it, or reading it where dbt attaches it to none.

    `is_about` says of a column with unique_ids which nodes are meant; without it, all are.
    """
    node, edge = reading.nodes, reading.edges
    test = sa.and_(node.environment_id == reading.environment_id, node.resource_type.in_(TEST_TYPES))
    attached = sa.select(node.attached_node.label("about"), node.unique_id.label("test_id")).where(
        test, node.attached_node.is_not(None)
    )
    same = sa.and_(edge.environment_id == node.environment_id, edge.child == node.unique_id)
    reads = (
        sa.select(edge.parent.label("about"), node.unique_id.label("test_id"))
        .join(node, same)
        .where(test, node.attached_node.is_(None))
    )
    if is_about is not None:
        attached = attached.where(is_about(node.attached_node))
        reads = reads.where(is_about(edge.parent))
    return sa.union(attached, reads).cte("test_links")


def tallies(reading: Reading, unique_ids: Collection[str] | None) -> sa.CTE:
    """How many tests each node has, and how many passed, failed and warned; the others never ran."""
    result = reading.results
    links = test_links(reading, None if unique_ids is None else _any_in(list(unique_ids)))

    def count(statuses: Collection[str]) -> sa.FunctionFilter[int]:
        return sa.func.count().filter(result.status.in_(statuses))

    same = sa.and_(result.environment_id == reading.environment_id, result.unique_id == links.c.test_id)
    return (
        sa.select(
            links.c.about,
            sa.func.count().label("tests"),
            count(PASSED).label("passed"),
            count(FAILED).label("failed"),
            count(("warn",)).label("warned"),
        )
        .select_from(links.outerjoin(result, same))
        .group_by(links.c.about)
        .cte("tallies")
    )


def _any_in(unique_ids: list[str]) -> About:
    return lambda column: column == sa.func.any(unique_ids)


def health_of(reading: Reading, unique_ids: Collection[str] | None = None) -> Any:
    """The health of these nodes, or of all that have one: as the rows of `node_health`."""
    own = _own(reading, unique_ids)
    up = _upstream(reading, own, unique_ids)
    c, u = own.c, up.c
    reasons = _reasons(own, up)
    trust = sa.case(
        (_any_of(c, ("run_failed", "freshness_failed")) | (c.failed > 0), "broken"),
        (c.resource_type.in_(RESTING) & (u.broken > 0), "broken"),
        (c.unknown | (c.resource_type.in_(RESTING) & (u.unknown > 0)), "unknown"),
        (sa.func.cardinality(reasons) > 0, "caution"),
        else_="healthy",
    )
    query = (
        sa.select(
            c.unique_id,
            c.tests,
            c.passed,
            c.failed,
            c.warned,
            trust.label("trust"),
            reasons.label("reasons"),
        )
        .select_from(own.outerjoin(up, u.child == c.unique_id))
        .where(c.resource_type.in_(TRUSTED))
    )
    return query if unique_ids is None else query.where(c.unique_id == sa.func.any(list(unique_ids)))


def _any_of(columns: Any, names: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.or_(*(columns[name] for name in names))


def _own(reading: Reading, unique_ids: Collection[str] | None) -> sa.CTE:
    """Each node by itself: what its run, its tests and its freshness say."""
    node, result, edge = reading.nodes, reading.results, reading.edges
    wider: list[str] | None = None if unique_ids is None else list(unique_ids)
    tally = tallies(reading, wider)
    same_result = sa.and_(result.environment_id == node.environment_id, result.unique_id == node.unique_id)
    fresh = reading.freshness
    same_fresh = sa.and_(fresh.environment_id == node.environment_id, fresh.unique_id == node.unique_id)
    is_built = node.resource_type.in_(BUILT) & (sa.func.coalesce(node.materialization, "") != "ephemeral")
    is_source = node.resource_type == "source"
    ran = sa.func.coalesce(tally.c.passed, 0) + sa.func.coalesce(tally.c.failed, 0)
    query = (
        sa.select(
            node.unique_id,
            node.resource_type,
            *(
                sa.func.coalesce(tally.c[name], 0).label(name)
                for name in ("tests", "passed", "failed", "warned")
            ),
            sa.func.coalesce(result.status.in_(FAILED), sa.false()).label("run_failed"),
            sa.func.coalesce(result.status.in_(HALF), sa.false()).label("run_incomplete"),
            sa.func.coalesce(fresh.status.in_(FAILED), sa.false()).label("freshness_failed"),
            sa.func.coalesce(fresh.status == "warn", sa.false()).label("freshness_warned"),
            (is_built & result.status.is_(None)).label("never_built"),
            (is_source & fresh.status.is_(None)).label("freshness_unknown"),
            ((is_built & result.status.is_(None)) | (is_source & fresh.status.is_(None) & (ran == 0))).label(
                "unknown"
            ),
        )
        .select_from(node)
        .outerjoin(result, same_result)
        .outerjoin(fresh, same_fresh)
        .outerjoin(tally, tally.c.about == node.unique_id)
        .where(node.environment_id == reading.environment_id, node.resource_type.in_(TRUSTED))
    )
    if wider is not None:
        read = sa.select(edge.parent).where(
            edge.environment_id == reading.environment_id, edge.child == sa.func.any(wider)
        )
        query = query.where((node.unique_id == sa.func.any(wider)) | node.unique_id.in_(read))
    return query.cte("own")


def _upstream(reading: Reading, own: sa.CTE, unique_ids: Collection[str] | None) -> sa.CTE:
    """How many of the things that each node reads are broken, stale or unknown."""
    edge, c = reading.edges, own.c
    query = (
        sa.select(
            edge.child,
            sa.func.count().filter(c.run_failed | c.freshness_failed).label("broken"),
            sa.func.count().filter(c.freshness_warned).label("stale"),
            sa.func.count().filter(c.unknown).label("unknown"),
        )
        .select_from(own.join(edge, edge.parent == c.unique_id))
        .where(edge.environment_id == reading.environment_id)
        .group_by(edge.child)
    )
    if unique_ids is not None:
        query = query.where(edge.child == sa.func.any(list(unique_ids)))
    return query.cte("upstream")


def _reasons(own: sa.CTE, up: sa.CTE) -> sa.ColumnElement[Any]:
    """The reasons against trusting a node, the worst first."""
    c, u = own.c, up.c
    not_run = c.tests - c.passed - c.failed - c.warned
    should_have_tests = c.resource_type.in_(BUILT)
    rests = c.resource_type.in_(RESTING)
    found: list[tuple[sa.ColumnElement[bool], sa.ColumnElement[str] | str]] = [
        (c.run_failed, "last_run_failed"),
        (c.failed > 0, _counted("tests_failed", c.failed)),
        (c.freshness_failed, "freshness_failed"),
        (u.broken > 0, _counted("upstream_broken", u.broken)),
        (c.never_built, "never_built"),
        (c.unknown & c.freshness_unknown, "freshness_unknown"),
        (rests & (u.unknown > 0), _counted("upstream_unknown", u.unknown)),
        (c.run_incomplete, "last_run_incomplete"),
        (c.warned > 0, _counted("tests_warned", c.warned)),
        (not_run > 0, _counted("tests_not_run", not_run)),
        (should_have_tests & (c.tests == 0), "no_tests"),
        (c.freshness_warned, "freshness_warned"),
        (u.stale > 0, _counted("upstream_stale", u.stale)),
    ]
    cases = [sa.case((condition, sa.cast(reason, sa.Text))) for condition, reason in found]
    return sa.func.array_remove(array(cases), sa.cast(sa.null(), sa.Text), type_=ARRAY(sa.Text))


def _counted(code: str, count: sa.ColumnElement[int]) -> sa.ColumnElement[str]:
    return sa.literal(f"{code}:") + sa.cast(count, sa.Text)
