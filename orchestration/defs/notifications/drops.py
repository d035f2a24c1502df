"""Finding what came of drops: those refused, and what those taken in say of sources and tests."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.artifacts.models import Drop, DropState
from core.catalog.models import NodeResult
from core.environments.models import Environment
from core.notifications.facts import facts_of
from core.notifications.models import EventKind
from core.notifications.run_facts import (
    facts_of_sources,
    facts_of_tests,
    last_answer,
    newly_failing,
    staler_of_drops,
)
from core.notifications.telling import Happening
from core.workspaces.models import Workspace
from orchestration.defs.notifications.looking import Around, move, position_of

SOURCE: Final = "drops"
OVERLAP: Final = timedelta(seconds=60)
# What the catalog calls the runs that artifacts tell of.
ELSEWHERE: Final = "external-%"
_TELLING: Final = (DropState.REFUSED, DropState.INGESTED, DropState.SUPERSEDED)


def look_at_drops(around: Around) -> int:
    """Note what came of drops since the last look. Returns how many deliveries are new.

    The position: `after`, when the last drop ended; `seen`, those that ended about then; by environment
    `answers`, the last answer about freshness, and `runs` elsewhere that its results are of.
    """
    position = position_of(around.db, SOURCE)
    if position is None or not around.rules.by_workspace:
        _move(around, _beginning(around))
        return 0
    after, count = datetime.fromisoformat(position["after"]), 0
    seen: dict[str, str] = position["seen"]
    for drop in _ended(around, after - OVERLAP):
        mark = f"{drop.id}:{drop.attempt}"
        if mark not in seen and drop.finished_at is not None:
            count += around.carefully(f"drop {drop.id}", lambda d=drop: _tell_all(around, d, position))
            seen[mark] = drop.finished_at.isoformat()
            after = max(after, drop.finished_at)
    oldest = (after - OVERLAP).isoformat()
    kept = {mark: at for mark, at in seen.items() if at >= oldest}
    _move(around, {**position, "after": after.isoformat(), "seen": kept})
    return count


def _beginning(around: Around) -> dict[str, Any]:
    """What is there already is not told."""
    with around.db.session() as session:
        runs: dict[str, list[str]] = {}
        for number, run_id in session.execute(_runs_elsewhere()).tuples():
            runs.setdefault(str(number), []).append(run_id)
        return {
            "after": around.now.isoformat(),
            "seen": {},
            "first_answer": last_answer(session),
            "answers": {},
            "runs": runs,
        }


def _move(around: Around, position: Mapping[str, Any]) -> None:
    with around.db.session() as session:
        move(session, SOURCE, position)


def _ended(around: Around, since: datetime) -> list[Drop]:
    query = sa.select(Drop).where(
        Drop.workspace_id.in_(around.rules.by_workspace), Drop.state.in_(_TELLING), Drop.finished_at > since
    )
    with around.db.session() as session:
        return list(session.scalars(query.order_by(Drop.finished_at, Drop.id)))


def _tell_all(around: Around, drop: Drop, position: dict[str, Any]) -> int:
    return sum(around.tell(happening) for happening in _happenings(around, drop, position))


def _happenings(around: Around, drop: Drop, position: dict[str, Any]) -> Iterator[Happening]:
    places = around.environments.get(drop.workspace_id, ())
    environment = next((one for one in places if one.id == drop.environment_id), None)
    workspace = next((one for one in around.workspaces.values() if one.id == drop.workspace_id), None)
    if workspace is None or environment is None or drop.finished_at is None:
        return
    of_drop = _OfDrop(around, workspace, environment, drop.finished_at)
    if drop.state == DropState.REFUSED:
        key = f"{EventKind.INGEST_REFUSED}:{drop.id}:{drop.attempt}"
        facts = {"url": around.links(workspace).to("artifacts"), "drop": _drop_facts(drop)}
        yield of_drop.happening(EventKind.INGEST_REFUSED, key, facts)
        return
    with around.db.session() as session:
        yield from _freshness(session, of_drop, position)
        yield from _tests(session, of_drop, position)


class _OfDrop:
    """Makes what is to be told of a drop."""

    def __init__(self, around: Around, workspace: Workspace, environment: Environment, at: datetime) -> None:
        self.workspace = workspace
        self.environment = environment
        self.links = around.links(workspace)
        self._at = at

    def happening(self, kind: EventKind, key: str, facts: Mapping[str, Any]) -> Happening:
        """An event of no job."""
        said = facts_of(
            kind,
            self._at,
            self.links,
            workspace_name=self.workspace.name,
            environment=self.environment.key,
            **facts,
        )
        return Happening(self.workspace.id, key, kind, self._at, lambda: said, self.environment.key)


def _freshness(session: Session, of_drop: _OfDrop, position: dict[str, Any]) -> Iterator[Happening]:
    number = str(of_drop.environment.id)
    after = position["answers"].get(number, position["first_answer"])
    sources, last = staler_of_drops(session, of_drop.environment.id, after)
    position["answers"][number] = last
    if sources:
        facts = {**facts_of_sources(sources, of_drop.links), "url": of_drop.links.to("catalog")}
        yield of_drop.happening(EventKind.FRESHNESS, f"{EventKind.FRESHNESS}:{number}:{last}", facts)


def _tests(session: Session, of_drop: _OfDrop, position: dict[str, Any]) -> Iterator[Happening]:
    number = of_drop.environment.id
    rows = session.execute(_runs_elsewhere().where(NodeResult.environment_id == number)).tuples()
    runs = sorted(run_id for _, run_id in rows)
    known = position["runs"].get(str(number), [])
    for run_id in runs:
        tests = [] if run_id in known else newly_failing(session, of_drop.workspace.id, run_id)
        if tests:
            facts = {**facts_of_tests(tests, of_drop.links), "url": of_drop.links.to("catalog")}
            key = f"{EventKind.TEST_NEWLY_FAILING}:{run_id}"
            yield of_drop.happening(EventKind.TEST_NEWLY_FAILING, key, facts)
    position["runs"][str(number)] = runs


def _runs_elsewhere() -> sa.Select[int, str]:
    """The runs, of others, that the latest results are of."""
    query = sa.select(NodeResult.environment_id, NodeResult.run_id).distinct()
    return query.where(NodeResult.run_id.like(ELSEWHERE))


def _drop_facts(drop: Drop) -> dict[str, Any]:
    return {
        "id": drop.id,
        "label": drop.label,
        "source": drop.source,
        "actor": drop.actor,
        "reason": drop.reason,
        "hint": drop.hint,
    }
