"""How a node did over time, and which nodes are flaky (see `core.runs.analysis.flaky`)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.catalog.models import LineageEdge, Node
from core.catalog.reading import Reading
from core.runs.analysis.flaky import PASSING_ON, Inputs, Outcome, Stored, flaky_pairs, inputs_of
from core.runs.analysis.values import TESTS, reads_of
from core.runs.models import RunNode
from core.runs.ports import RunEngine
from core.runs.recording import EXECUTING, NEVER_BEGAN
from core.runs.service import runs_of_node

# So many executions of a node are looked at, latest first; so many tests of a node.
LOOKED_AT: Final = 50
MOST_TESTS: Final = 500

Pairs = Sequence[tuple[Outcome, Outcome]]


@dataclass(frozen=True)
class Point:
    """One execution. `same_code`: as the execution before it; None where either is not known.

    `flaky`: its outcome differs from the one before though neither code nor data did.
    """

    row: RunNode
    same_code: bool | None
    flaky: bool


@dataclass(frozen=True)
class NodeHistory:
    """The latest executions of a node, newest first, and which of its tests are flaky."""

    points: Sequence[Point]
    flaky: bool
    flaky_tests: Sequence[str]


def history_of_node(
    session: Session, engine: RunEngine, reading: Reading, unique_id: str, *, limit: int
) -> NodeHistory:
    """How a node did in an environment. The number of queries depends on nothing."""
    rows = runs_of_node(session, engine, reading.environment_id, unique_id, limit=limit)
    tests = _tests_of(session, reading.environment_id, unique_id)
    found = flaky_of(session, reading.environment_id, [unique_id, *tests])
    shown = {(second.run_id, second.step) for _, second in found.get(unique_id, ())}
    older: Sequence[RunNode | None] = [*rows[1:], None][: len(rows)]
    points = [
        Point(row, _same_code(row, before), (row.run_id, row.step) in shown)
        for row, before in zip(rows, older, strict=True)
    ]
    flaky_tests = sorted(test for test in tests if test in found)
    return NodeHistory(points, unique_id in found, flaky_tests)


def _same_code(row: RunNode, before: RunNode | None) -> bool | None:
    if before is None or row.code_hash is None or before.code_hash is None:
        return None
    return row.code_hash == before.code_hash


def flaky_of(session: Session, environment_id: int, unique_ids: Collection[str]) -> dict[str, Pairs]:
    """Those of these nodes that are flaky, each with the pairs of executions that show it."""
    outcomes = _outcomes(session, environment_id, unique_ids)
    # Most nodes never differ from themselves: only for the others it matters what ran in between.
    anything = Inputs(frozenset(), knowable=True)
    suspects = [name for name, those in outcomes.items() if flaky_pairs(those, anything, ())]
    if not suspects:
        return {}
    inputs = _inputs(session, environment_id, suspects)
    parents = frozenset[str]().union(*(one.unique_ids for one in inputs.values()))
    ran = _ran(session, environment_id, parents, _oldest(outcomes[name] for name in suspects))
    found: dict[str, Pairs] = {}
    for name in suspects:
        moments = [moment for parent in inputs[name].unique_ids for moment in ran.get(parent, ())]
        if pairs := flaky_pairs(outcomes[name], inputs[name], moments):
            found[name] = pairs
    return found


def _tests_of(session: Session, environment_id: int, unique_id: str) -> list[str]:
    query = (
        sa.select(Node.unique_id)
        .join(
            LineageEdge,
            sa.and_(LineageEdge.environment_id == Node.environment_id, LineageEdge.child == Node.unique_id),
        )
        .where(
            LineageEdge.environment_id == environment_id,
            LineageEdge.parent == unique_id,
            Node.resource_type.in_(sorted(TESTS)),
        )
        .limit(MOST_TESTS)
    )
    return list(session.scalars(query))


def _outcomes(session: Session, environment_id: int, unique_ids: Collection[str]) -> dict[str, list[Outcome]]:
    place = sa.func.row_number().over(
        partition_by=RunNode.unique_id, order_by=RunNode.started_at.desc().nulls_last()
    )
    ranked = (
        sa.select(
            RunNode.unique_id,
            RunNode.run_id,
            RunNode.step,
            RunNode.status,
            RunNode.started_at,
            RunNode.finished_at,
            RunNode.code_hash,
            place.label("place"),
        )
        .where(
            RunNode.environment_id == environment_id,
            RunNode.unique_id == sa.func.any(list(unique_ids)),
            RunNode.command.in_(sorted(EXECUTING)),
            RunNode.status.not_in(NEVER_BEGAN),
        )
        .subquery()
    )
    found: dict[str, list[Outcome]] = {}
    for unique_id, *values, _ in session.execute(sa.select(ranked).where(ranked.c.place <= LOOKED_AT)):
        found.setdefault(unique_id, []).append(Outcome(*values))
    return found


def _inputs(session: Session, environment_id: int, unique_ids: Iterable[str]) -> dict[str, Inputs]:
    """What each of these reads, as far up as nothing is stored on the way."""
    wanted = list(unique_ids)
    edge, above = LineageEdge, aliased(LineageEdge)
    walk = (
        sa.select(edge.parent, edge.child)
        .where(edge.environment_id == environment_id, edge.child == sa.func.any(wanted))
        .cte("inputs", recursive=True)
    )
    passing = sa.and_(
        Node.environment_id == environment_id,
        Node.unique_id == walk.c.parent,
        Node.materialization.in_(sorted(PASSING_ON)),
    )
    on = sa.and_(above.environment_id == environment_id, above.child == walk.c.parent)
    walk = walk.union(sa.select(above.parent, above.child).join(walk, on).join(Node, passing))
    known = sa.and_(Node.environment_id == environment_id, Node.unique_id == walk.c.parent)
    query = sa.select(walk.c.parent, walk.c.child, Node.resource_type, Node.materialization)
    rows = session.execute(query.select_from(walk).outerjoin(Node, known)).all()
    reads = reads_of((parent, child) for parent, child, _, _ in rows)
    nodes = {parent: Stored(kind, how) for parent, _, kind, how in rows if kind}
    return {name: inputs_of(name, reads, nodes) for name in wanted}


def _oldest(outcomes: Iterable[Sequence[Outcome]]) -> datetime:
    return min(one.started_at for those in outcomes for one in those if one.started_at)


def _ran(
    session: Session, environment_id: int, unique_ids: Collection[str], since: datetime
) -> Mapping[str, list[datetime]]:
    """When each of these ended an execution that may have changed its data."""
    ended = sa.func.coalesce(RunNode.finished_at, RunNode.started_at)
    query = sa.select(RunNode.unique_id, ended).where(
        RunNode.environment_id == environment_id,
        RunNode.unique_id == sa.func.any(list(unique_ids)),
        RunNode.command.in_(sorted(EXECUTING)),
        RunNode.status.not_in([*NEVER_BEGAN, "skipped"]),
        ended >= since,
    )
    found: dict[str, list[datetime]] = {}
    for unique_id, moment in session.execute(query):
        found.setdefault(unique_id, []).append(moment)
    return found
