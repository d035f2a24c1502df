"""Bringing the column lineage of an environment up to its catalog."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog import notices, tidying
from core.catalog.models import CatalogState
from core.environments.models import Environment
from core.kit.database import Database
from core.lineage.models import LineageState, NodeLineageVersion
from core.lineage.tracing import states
from core.lineage.tracing.computing import Computing, Limits
from core.lineage.tracing.engine import engine_digest
from core.lineage.tracing.inputs import Place, Plan, light_nodes, place_of
from core.lineage.tracing.writing import Writing

CHANGED: str = "lineage"
TABLES = ("column_lineage", "lineage_columns", "node_lineage")


@dataclass(frozen=True)
class Outcome:
    """What one call did: up to which snapshot, how many nodes it looked at and how many it computed anew."""

    snapshot_id: int | None
    nodes: int = 0
    computed: int = 0


def pending(db: Database, environment_id: int) -> int:
    """How many nodes have to be looked at for the lineage to be that of the catalog."""
    plan = _read_plan(db, environment_id)
    return 0 if plan is None else len(plan.changed) + len(plan.removed)


def trace_environment(
    db: Database, environment_id: int, limits: Limits | None = None, run_id: str | None = None
) -> Outcome | None:
    """Compute what the lineage of the catalog lacks, and keep it. None: somebody else is at it.

    Raises:
        Exception: whatever went wrong; the environment's state says so, and its lineage stays as it was.
    """
    with states.exclusively(db, environment_id) as held:
        if not held:
            return None
        outcome = Outcome(None)
        # The catalog may move on meanwhile.
        while plan := _read_plan(db, environment_id):
            outcome = _carry_out(db, plan, limits or Limits(), run_id)
        return outcome


def _read_plan(db: Database, environment_id: int) -> Plan | None:
    """What there is to do; None where there is no catalog, or its lineage is known."""
    with db.session() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        current = session.scalar(
            sa.select(CatalogState.snapshot_id).where(CatalogState.environment_id == environment_id)
        )
        state = session.get(LineageState, environment_id)
        if current is None or _is_known(state, current):
            return None
        workspace_id = session.get_one(Environment, environment_id).workspace_id
        return _plan(session, place_of(session, workspace_id, environment_id, current))


def _is_known(state: LineageState | None, snapshot_id: int) -> bool:
    return state is not None and state.snapshot_id == snapshot_id and state.engine == engine_digest()


def _plan(session: Session, place: Place) -> Plan:
    nodes = light_nodes(session, place)
    version = NodeLineageVersion
    rows = session.execute(
        sa.select(version.unique_id, version.input_hash).where(
            version.environment_id == place.environment_id, version.valid_to.is_(None)
        )
    )
    before = {row[0]: row[1] for row in rows}
    changed = [key for key, node in nodes.items() if before.get(key) != node.input_hash]
    is_other = nodes.keys() != before.keys()
    return Plan(place, nodes, changed, sorted(before.keys() - nodes.keys()), is_other)


def _carry_out(db: Database, plan: Plan, limits: Limits, run_id: str | None) -> Outcome:
    place = plan.place
    with db.session() as session:
        states.begin(session, place.environment_id, place.snapshot_id, len(plan.changed), run_id)
        _publish(session, place)
    try:
        computing = Computing(db, plan, limits)
        computing.compute()
        with db.session() as session:
            Writing(session, plan).write(computing.found, computing.kept)
            states.finish(session, place.environment_id, place.snapshot_id, computing.computed)
            _publish(session, place)
    except BaseException as error:
        with db.session() as session:
            states.fail(session, place.environment_id, f"{type(error).__name__}: {error}"[:2000])
            _publish(session, place)
        raise
    tidying.gather(db, TABLES, len(computing.found))
    return Outcome(place.snapshot_id, len(computing.found), computing.computed)


def _publish(session: Session, place: Place) -> None:
    notices.publish(session, place.workspace_id, place.environment_id, {CHANGED})
