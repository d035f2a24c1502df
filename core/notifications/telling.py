"""From something that happened to deliveries: which rules want it, and in which words. Exactly once.

An event has a key; whoever finds it again, now or another sensor, finds it known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from core.environments.models import Environment
from core.kit.text import storable
from core.notifications.facts import JobFacts
from core.notifications.models import Delivery, Event, EventKind, Rule
from core.notifications.templates import render
from core.workspaces.models import Workspace

_LIMITS: Final = {"environment": 100, "job_key": 60}


@dataclass(frozen=True)
class Happening:
    """Something that happened. `key` names it for ever, within its workspace.

    `facts` are gathered only if somebody wants to know. `again`: a failed run that is tried again by itself,
    of which only rules for every attempt are told.
    """

    workspace_id: int
    key: str
    kind: EventKind
    at: datetime
    facts: Callable[[], Mapping[str, Any]]
    environment: str | None = None
    job: JobFacts | None = None
    run_id: str | None = None
    again: bool = False


@dataclass(frozen=True)
class Rules:
    """Every rule that is on, of workspaces in use."""

    by_workspace: Mapping[int, Sequence[Rule]] = field(default_factory=dict[int, Sequence[Rule]])
    environments: Mapping[int, str] = field(default_factory=dict[int, str])

    def wanting(self, happening: Happening) -> list[Rule]:
        """The rules that are about this."""
        return [
            rule
            for rule in self.by_workspace.get(happening.workspace_id, ())
            if rule.since <= happening.at and self._wants(rule, happening)
        ]

    def kinds_of(self, workspace_id: int) -> frozenset[EventKind]:
        """The events that some rule of the workspace is about."""
        rules = self.by_workspace.get(workspace_id, ())
        return frozenset(EventKind(event) for rule in rules for event in rule.events)

    def _wants(self, rule: Rule, happening: Happening) -> bool:
        job = happening.job
        return (
            happening.kind in rule.events
            and (rule.every_attempt or not happening.again)
            and (rule.job_key is None or (job is not None and job.key == rule.job_key))
            and (rule.tag is None or (job is not None and rule.tag in job.tags))
            and (rule.owner is None or (job is not None and job.owner == rule.owner))
            and (
                rule.environment_id is None
                or self.environments.get(rule.environment_id) == happening.environment
            )
        )


def rules_in_use(session: Session) -> Rules:
    """Every rule that is on and tells a channel that is on, by workspace."""
    query = (
        sa.select(Rule)
        .join(Workspace, Workspace.id == Rule.workspace_id)
        .where(Rule.enabled, Workspace.archived_at.is_(None))
        .options(selectinload(Rule.channels))
        .order_by(Rule.id)
    )
    found: dict[int, list[Rule]] = {}
    for rule in session.scalars(query):
        if any(channel.enabled for channel in rule.channels):
            found.setdefault(rule.workspace_id, []).append(rule)
    named = sa.select(Environment.id, Environment.key).where(Environment.workspace_id.in_(found))
    return Rules(found, dict(session.execute(named).tuples().all()) if found else {})


def tell(session: Session, rules: Rules, happening: Happening) -> int:
    """Note an event, and a delivery for each channel of the rules that want it. Returns how many are new.

    Nothing is noted of what nobody wants, or of what is known.
    """
    wanting = rules.wanting(happening)
    if not wanting or _is_known(session, happening):
        return 0
    facts = storable_facts(happening.facts())
    event_id = _note(session, happening, facts)
    return 0 if event_id is None else _deliveries(session, happening, event_id, wanting, facts)


def _is_known(session: Session, happening: Happening) -> bool:
    """So that facts are gathered once; only the unique key decides."""
    same = (Event.workspace_id == happening.workspace_id, Event.key == happening.key)
    return session.scalar(sa.select(Event.id).where(*same)) is not None


def _note(session: Session, happening: Happening, facts: Mapping[str, Any]) -> int | None:
    job_key = happening.job.key if happening.job else None
    statement = insert(Event).values(
        workspace_id=happening.workspace_id,
        key=happening.key,
        kind=happening.kind,
        environment=happening.environment and happening.environment[: _LIMITS["environment"]],
        job_key=job_key and job_key[: _LIMITS["job_key"]],
        run_id=happening.run_id,
        at=happening.at,
        facts=facts,
    )
    once = statement.on_conflict_do_nothing(index_elements=["workspace_id", "key"])
    return session.scalar(once.returning(Event.id))


def _deliveries(
    session: Session,
    happening: Happening,
    event_id: int,
    wanting: Sequence[Rule],
    facts: Mapping[str, Any],
) -> int:
    """One for each channel that is on, in the words of the first rule that names it."""
    rows: dict[int, dict[str, Any]] = {}
    for rule in wanting:
        fresh = [channel for channel in rule.channels if channel.enabled and channel.id not in rows]
        if not fresh:
            continue
        words = render(rule.title_template, rule.body_template, facts)
        for channel in fresh:
            rows[channel.id] = {
                "event_id": event_id,
                "workspace_id": happening.workspace_id,
                "channel_id": channel.id,
                "channel_name": channel.name,
                "rule_name": rule.name,
                "title": storable(words.title),
                "body": storable(words.body),
                "note": words.problem and storable(words.problem),
            }
    if rows:
        session.execute(insert(Delivery), list(rows.values()))
    return len(rows)


def storable_facts(value: Any) -> Any:
    """The same facts, as JSON in PostgreSQL can hold them."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {str(name): storable_facts(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable_facts(item) for item in value]
    return value
