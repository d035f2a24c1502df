"""Rules of a workspace: which events are told to which channels."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from core.audit import service as audit
from core.auth.actor import Actor
from core.environments.models import Environment
from core.kit import clock
from core.kit.errors import Conflict, FieldError, Invalid, NotFound
from core.kit.text import storable
from core.notifications import templates
from core.notifications.channels import channels_of
from core.notifications.models import EventKind, Rule
from core.workspaces.models import Workspace
from core.workspaces.service import check_in_use

LONGEST_NAME: Final = 100
LONGEST_FILTER: Final = 200
MOST: Final = 200
# Other events are of no run, and of no job.
OF_JOBS: Final = frozenset(EventKind) - {EventKind.INGEST_REFUSED}
FIELDS: Final = (
    *("name", "enabled", "events", "job", "tag", "owner", "environment", "channels"),
    *("every_attempt", "title_template", "body_template"),
)


def rules_of(session: Session, workspace_id: int) -> list[Rule]:
    """Every rule of a workspace with its channels, by name."""
    query = sa.select(Rule).where(Rule.workspace_id == workspace_id).options(selectinload(Rule.channels))
    return list(session.scalars(query.order_by(sa.func.lower(Rule.name), Rule.id)))


def get(session: Session, workspace_id: int, rule_id: int) -> Rule:
    """One rule.

    Raises:
        NotFound: the workspace has no such rule.
    """
    rule = session.scalar(sa.select(Rule).where(Rule.workspace_id == workspace_id, Rule.id == rule_id))
    if rule is None:
        raise NotFound(f"There is no rule {rule_id} in this workspace.")
    return rule


def create(session: Session, actor: Actor, workspace: Workspace, values: Mapping[str, Any]) -> Rule:
    """Make a rule. What happened before is not told.

    Raises:
        Invalid: a value is wrong; its field is named, of a template also the line.
        Conflict: the name is taken, or the workspace is archived.
    """
    check_in_use(workspace)
    if len(rules_of(session, workspace.id)) >= MOST:
        raise Conflict(f"A workspace has at most {MOST} rules.")
    name = actor.name[:200]
    rule = Rule(workspace_id=workspace.id, created_by=name, updated_by=name, enabled=True, since=clock.now())
    rule.every_attempt = False
    with session.no_autoflush:
        _apply(session, rule, values)
    session.add(rule)
    session.flush()
    session.refresh(rule)
    _record(session, actor, audit.Tag.RULE_ADDED, rule, None, _facts(session, rule))
    return rule


def change(
    session: Session, actor: Actor, workspace: Workspace, rule: Rule, values: Mapping[str, Any]
) -> None:
    """Change what is named in `values`. What happened while a rule was off is not told.

    Raises:
        Invalid: a value is wrong; its field is named, of a template also the line.
        Conflict: the name is taken, or the workspace is archived.
    """
    check_in_use(workspace)
    before = _facts(session, rule)
    was_on = rule.enabled
    with session.no_autoflush:
        _apply(session, rule, values)
    if rule.enabled and not was_on:
        rule.since = clock.now()
    rule.updated_at, rule.updated_by = clock.now(), actor.name[:200]
    session.flush()
    _record(session, actor, audit.Tag.RULE_CHANGED, rule, before, _facts(session, rule))


def remove(session: Session, actor: Actor, workspace: Workspace, rule: Rule) -> None:
    """Remove a rule. What it asked for before is still delivered.

    Raises:
        Conflict: the workspace is archived.
    """
    check_in_use(workspace)
    _record(session, actor, audit.Tag.RULE_REMOVED, rule, _facts(session, rule), None)
    session.delete(rule)
    session.flush()


def environment_keys(session: Session, workspace_id: int) -> dict[int, str]:
    """The keys of the environments of a workspace, by id."""
    query = sa.select(Environment.id, Environment.key).where(Environment.workspace_id == workspace_id)
    return dict(session.execute(query).tuples().all())


def _apply(session: Session, rule: Rule, values: Mapping[str, Any]) -> None:
    problems: list[FieldError] = []
    if "name" in values:
        rule.name = _free_name(session, rule, values["name"])
    for field in ("enabled", "every_attempt"):
        if field in values:
            setattr(rule, field, bool(values[field]))
    if "events" in values:
        rule.events = sorted({str(EventKind(event)) for event in values["events"]})
        if not rule.events:
            problems.append(FieldError("events", "choose one at least"))
    problems += _apply_filters(session, rule, values)
    if "channels" in values:
        problems += _apply_channels(session, rule, values["channels"])
    if problems:
        said = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
        raise Invalid(f"The rule was not saved. {said}", details=problems)
    for field in ("title_template", "body_template"):
        if field in values:
            setattr(rule, field, values[field] or None)
    # Of a changed set of events too: what renders for one may not for another.
    has_job = bool(rule.job_key or rule.tag or rule.owner)
    events = [EventKind(event) for event in rule.events if not has_job or EventKind(event) in OF_JOBS]
    templates.check(rule.title_template, rule.body_template, events, has_job=has_job)


def _apply_filters(session: Session, rule: Rule, values: Mapping[str, Any]) -> list[FieldError]:
    problems: list[FieldError] = []
    for field, column in (("job", "job_key"), ("tag", "tag"), ("owner", "owner")):
        if field in values:
            text = storable(str(values[field] or "")).strip()
            setattr(rule, column, text or None)
            if len(text) > LONGEST_FILTER:
                problems.append(FieldError(field, f"must be at most {LONGEST_FILTER} characters"))
    if "environment" in values:
        ids = {key: number for number, key in environment_keys(session, rule.workspace_id).items()}
        wanted = values["environment"]
        rule.environment_id = ids.get(wanted) if wanted else None
        if wanted and wanted not in ids:
            problems.append(FieldError("environment", "there is no such environment in this workspace"))
    of_jobs = rule.job_key or rule.tag or rule.owner
    if of_jobs and rule.events and not OF_JOBS & {EventKind(event) for event in rule.events}:
        said = "artifacts that are brought are of no job: a filter by job, tag or owner lets none through"
        problems.append(FieldError("events", said))
    return problems


def _apply_channels(session: Session, rule: Rule, wanted: Sequence[int]) -> list[FieldError]:
    known = {channel.id: channel for channel in channels_of(session, rule.workspace_id)}
    if not wanted:
        return [FieldError("channels", "choose one at least")]
    if unknown := [number for number in wanted if number not in known]:
        return [FieldError("channels", f"there is no channel {unknown[0]} in this workspace")]
    rule.channels = [known[number] for number in sorted(set(wanted))]
    return []


def _free_name(session: Session, rule: Rule, name: str) -> str:
    name = storable(str(name)).strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid("A rule needs a name.", details=[FieldError("name", "must not be empty")])
    taken = sa.select(Rule.id).where(Rule.workspace_id == rule.workspace_id, Rule.name == name)
    if rule.id is not None:  # pyright: ignore[reportUnnecessaryComparison] - not before it is saved
        taken = taken.where(Rule.id != rule.id)
    if session.scalar(taken) is not None:
        raise Conflict(f"There is a rule {name!r} already.", details=[FieldError("name", "is taken")])
    return name


def _facts(session: Session, rule: Rule) -> dict[str, Any]:
    keys = environment_keys(session, rule.workspace_id)
    return {
        "name": rule.name,
        "enabled": rule.enabled,
        "events": list(rule.events),
        "job": rule.job_key,
        "tag": rule.tag,
        "owner": rule.owner,
        "environment": None if rule.environment_id is None else keys.get(rule.environment_id),
        "channels": [channel.name for channel in rule.channels],
        "every_attempt": rule.every_attempt,
        "title_template": rule.title_template,
        "body_template": rule.body_template,
    }


def _record(
    session: Session,
    actor: Actor,
    tag: audit.Tag,
    rule: Rule,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    audit.record(
        session,
        actor.by,
        tag,
        workspace_id=rule.workspace_id,
        subject=rule.name,
        before=before,
        after=after,
    )
