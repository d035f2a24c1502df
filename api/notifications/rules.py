"""Rules: which events are told to which channels."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Path
from sqlalchemy.orm import Session

from api.kit.access import GuardedRouter, NotificationEditor, NotificationReader, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep, StateDep
from api.notifications.schemas import (
    JobChoice,
    NewRuleIn,
    OptionsOut,
    PreviewIn,
    PreviewOut,
    RuleIn,
    RuleList,
    RuleOut,
)
from core.kit.errors import FieldError, Invalid
from core.notifications import rules, templates
from core.notifications.examples import example_of
from core.notifications.models import Rule
from core.notifications.wording import BODY, TITLE
from core.schedules.models import Job
from core.workspaces.models import Workspace

router = GuardedRouter(prefix="/api/workspaces/{workspace}/notifications", tags=["notifications"])

RuleId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/options", responses=responses(404))
def list_options(_actor: NotificationReader, workspace: WorkspaceDep, session: SessionDep) -> OptionsOut:
    """What rules can be about: jobs, their tags and owners, environments; and our own templates."""
    jobs = _jobs(session, workspace)
    return OptionsOut(
        jobs=[JobChoice(key=job.key, name=job.name) for job in jobs],
        tags=sorted({tag for job in jobs for tag in job.tags}),
        owners=sorted({job.owner for job in jobs if job.owner}),
        environments=sorted(rules.environment_keys(session, workspace.id).values()),
        title_template=TITLE,
        body_template=BODY,
    )


@router.get("/rules", responses=responses(404))
def list_rules(_actor: NotificationReader, workspace: WorkspaceDep, session: SessionDep) -> RuleList:
    """Every rule, by name."""
    keys = rules.environment_keys(session, workspace.id)
    found = rules.rules_of(session, workspace.id)
    return RuleList(items=[RuleOut.of(rule, keys) for rule in found], total=len(found))


@router.post("/rules", status_code=201, responses=responses(404, 409))
def add_rule(
    actor: NotificationEditor, workspace: WorkspaceDep, session: SessionDep, body: NewRuleIn
) -> RuleOut:
    """Make a rule. What happened before is not told."""
    values = _values(session, workspace, body)
    return _out(session, rules.create(session, actor, workspace, values))


@router.post("/rules/preview", responses=responses(404))
def preview_rule(
    _actor: NotificationEditor, workspace: WorkspaceDep, state: StateDep, body: PreviewIn
) -> PreviewOut:
    """The message about an example. Templates that would not be taken are refused, by field and line."""
    events = body.events or [body.event]
    templates.check(body.title_template, body.body_template, events, has_job=body.has_job)
    base = state.settings.notifications_base_url
    facts = example_of(body.event, workspace.key, workspace.name, base)
    words = templates.render(body.title_template, body.body_template, facts)
    return PreviewOut(title=words.title, body=words.body)


@router.patch("/rules/{rule_id}", responses=responses(404, 409))
def change_rule(
    actor: NotificationEditor, workspace: WorkspaceDep, session: SessionDep, rule_id: RuleId, body: RuleIn
) -> RuleOut:
    """Change a rule. What happened while it was off is not told."""
    rule = rules.get(session, workspace.id, rule_id)
    rules.change(session, actor, workspace, rule, _values(session, workspace, body))
    return _out(session, rule)


@router.delete("/rules/{rule_id}", status_code=204, responses=responses(404, 409))
def remove_rule(
    actor: NotificationEditor, workspace: WorkspaceDep, session: SessionDep, rule_id: RuleId
) -> None:
    """Remove a rule. What it asked for before is still delivered."""
    rules.remove(session, actor, workspace, rules.get(session, workspace.id, rule_id))


def _out(session: Session, rule: Rule) -> RuleOut:
    return RuleOut.of(rule, rules.environment_keys(session, rule.workspace_id))


def _values(session: Session, workspace: Workspace, body: RuleIn) -> dict[str, Any]:
    """What was given; a job that there is not is refused here, for rules know no jobs."""
    values = body.model_dump(exclude_unset=True)
    wanted = values.get("job")
    if wanted and wanted not in {job.key for job in _jobs(session, workspace)}:
        detail = FieldError("job", "there is no such job in this workspace")
        raise Invalid(f"There is no job {wanted!r} in this workspace.", details=[detail])
    return values


def _jobs(session: Session, workspace: Workspace) -> list[Job]:
    """Every job, those archived too: runs of them may still go on."""
    query = sa.select(Job).where(Job.workspace_id == workspace.id).order_by(Job.name, Job.id)
    return list(session.scalars(query))
