"""Runs: asking for them, finding them, and what is known of each."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth.actor import Actor
from core.kit.errors import NotFound, Unavailable, WorkbenchError
from core.runs.asking import Asked, check_asked
from core.runs.commands import STOP, Step, check_steps
from core.runs.finding import runs_with
from core.runs.models import RunNode, RunStep
from core.runs.nodes import told_status
from core.runs.ports import (
    ACTOR_TAG,
    COMMAND_TAG,
    ENDED,
    ENVIRONMENT_TAG,
    KEPT_TAGS,
    WAREHOUSE_TAG,
    WORKSPACE_TAG,
    EngineRun,
    Launch,
    RunEngine,
    RunStatus,
)
from core.runs.recording import EXECUTING, NEVER_BEGAN
from core.runs.retry_policy import RETRY_OF_TAG, RetryPolicy
from core.runs.warehouses import warehouse_of
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace

OP = "dbt_command"
CANCELLABLE = frozenset({RunStatus.QUEUED, RunStatus.STARTING, RunStatus.RUNNING})
TAG_LENGTH = 500

# Commands whose results say something of a node; `compile` and `docs generate` call everything a success.
TELLING = (*sorted(EXECUTING), "source freshness")


def job_name(workspace_key: str) -> str:
    """The Dagster job of a workspace's assets: what is materialized in Dagster's own page."""
    return f"{workspace_key}__dbt"


def plain_job_name(workspace_key: str) -> str:
    """The Dagster job that runs dbt commands of a workspace, without naming every asset before it begins.

    Of a run of the other, Dagster writes down that every asset and check is about to be made, whichever the
    command selects: thousands of rows in a large project, and most of them never come true. Of this one it
    hears what has been built as it is built.
    """
    return f"{workspace_key}__runs"


def op_name(workspace_key: str) -> str:
    """The op of these jobs."""
    return f"{workspace_key}__{OP}"


@dataclass(frozen=True)
class StepView:
    """A dbt command of a run. `status` is `pending` before it begins and `not_run` if it never did."""

    index: int
    command: str
    display: str
    options: Mapping[str, Any]
    status: str
    exit_code: int | None = None
    message: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    on_failure: str = STOP


@dataclass(frozen=True)
class RunView:
    """A run as people see it: Dagster's facts and ours."""

    run: EngineRun
    workspace_key: str
    steps: Sequence[StepView]
    node_counts: Mapping[str, int]
    status_message: str | None = None

    @property
    def can_cancel(self) -> bool:
        """Whether it still makes sense to ask it to end."""
        return self.run.status in CANCELLABLE


@dataclass(frozen=True)
class RunRequest:
    """What somebody asks to run, unchecked."""

    steps: Sequence[Mapping[str, Any]]
    environment: str | None = None
    retry: RetryPolicy | None = None


@dataclass(frozen=True)
class RunFilter:
    """Which runs a list is about. `node` is the unique_id of one that they touched, or meant to."""

    statuses: Sequence[RunStatus] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    node: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


def prepare_start(session: Session, actor: Actor, workspace: Workspace, request: RunRequest) -> Launch:
    """Check a request and write the audit row; what comes back is to be launched after the commit.

    Raises:
        Invalid: a command, flag, value or environment is not allowed; each is named.
        Conflict: the workspace is archived or has no dbt project.
    """
    workspaces.check_runnable(workspace)
    asked = check_asked(session, workspace.id, request.steps, request.environment, request.retry)
    return prepare_launch(session, actor, workspace, asked)


def prepare_launch(
    session: Session,
    actor: Actor,
    workspace: Workspace,
    asked: Asked,
    tags: Mapping[str, str] | None = None,
) -> Launch:
    """As `prepare_start`, of what is checked already; `tags` are kept on the run and in the audit row."""
    environment = asked.environment
    display = " && ".join(step.display for step in asked.steps)
    audit.record(
        session,
        actor.by,
        audit.Tag.RUN_REQUESTED,
        workspace_id=workspace.id,
        data={"command": display, "environment": environment.key, **(tags or {})},
    )
    return launch_of(workspace.key, asked, actor.name, tags)


def launch_of(workspace_key: str, asked: Asked, actor: str, tags: Mapping[str, str] | None = None) -> Launch:
    """What Dagster is asked for."""
    environment = asked.environment
    display = " && ".join(step.display for step in asked.steps)
    warehouse = warehouse_of(workspace_key, environment.adapter_type)
    return Launch(
        job_name=plain_job_name(workspace_key),
        config=run_config(workspace_key, environment.key, asked.steps),
        tags={
            WORKSPACE_TAG: workspace_key,
            ENVIRONMENT_TAG: environment.key,
            ACTOR_TAG: actor,
            COMMAND_TAG: display[:TAG_LENGTH],
            **({WAREHOUSE_TAG: warehouse} if warehouse else {}),
            **(asked.retry.tags(1) if asked.retry else {}),
            **(tags or {}),
        },
    )


def run_config(workspace_key: str, environment_key: str, steps: Sequence[Step]) -> dict[str, Any]:
    """The configuration of the workspace's job for these steps."""
    config = {"environment": environment_key, "steps": [step.as_config() for step in steps]}
    return {"ops": {op_name(workspace_key): {"config": config}}}


def prepare_retry(
    session: Session, actor: Actor, workspace: Workspace, run: EngineRun, asked: Asked
) -> Launch:
    """As `prepare_launch`, of a run that does again what another did not bring to a good end.

    Raises:
        Conflict: the workspace is archived or has no dbt project.
    """
    workspaces.check_runnable(workspace)
    kept = {name: run.tags[name] for name in KEPT_TAGS if name in run.tags}
    launch = prepare_launch(session, actor, workspace, asked, {RETRY_OF_TAG: run.run_id, **kept})
    return replace(launch, job_name=run.job_name)


def view_launched(workspace: Workspace, run: EngineRun) -> RunView:
    """A run that has just been queued."""
    return RunView(run, workspace.key, _steps(workspace.key, run, {}), {})


def get_run(session: Session, engine: RunEngine, workspace: Workspace, run_id: str) -> RunView:
    """One run.

    Raises:
        NotFound: the workspace has no such run.
        Unavailable: Dagster does not answer.
    """
    run = require_run(engine, workspace, run_id)
    view = _views(session, workspace, [run])[0]
    message = _message(engine, view)
    return RunView(view.run, view.workspace_key, view.steps, view.node_counts, message)


def require_run(engine: RunEngine, workspace: Workspace, run_id: str) -> EngineRun:
    """One run as Dagster knows it, if it belongs to this workspace.

    Raises:
        NotFound: the workspace has no such run.
    """
    run = engine.get(run_id)
    if run is None or not belongs_to(run, workspace):
        raise no_such_run(run_id)
    return run


def no_such_run(run_id: str) -> NotFound:
    """What is said of a run that is none of the workspace's."""
    return NotFound(
        f"There is no run {run_id!r} in this workspace.", hint="The list of runs shows those there are."
    )


def belongs_to(run: EngineRun, workspace: Workspace) -> bool:
    """Whether a run is of this workspace, by its tag or its job."""
    return run.tags.get(WORKSPACE_TAG) == workspace.key


def list_runs(
    session: Session,
    engine: RunEngine,
    workspace: Workspace,
    wanted: RunFilter,
    *,
    limit: int,
    cursor: str | None,
) -> tuple[list[RunView], str | None]:
    """One page of runs, newest first, and the cursor of the next."""
    tags = {**wanted.tags, WORKSPACE_TAG: workspace.key}
    runs = engine.list_runs(
        tags,
        wanted.statuses,
        limit=limit + 1,
        cursor=cursor,
        created_after=wanted.created_after,
        created_before=wanted.created_before,
        run_ids=None if wanted.node is None else runs_with(session, workspace.id, wanted.node),
    )
    page = runs[:limit]
    following = page[-1].run_id if len(runs) > limit else None
    return _views(session, workspace, page), following


def runs_of_node(
    session: Session, engine: RunEngine, environment_id: int, unique_id: str, *, limit: int
) -> list[RunNode]:
    """The latest executions of one node in an environment, newest first.

    Whether one that is recorded as running still does is asked of Dagster: its worker may have died.
    """
    query = (
        sa.select(RunNode)
        .where(RunNode.environment_id == environment_id, RunNode.unique_id == unique_id)
        .where(RunNode.command.in_(TELLING), RunNode.status.not_in(NEVER_BEGAN))
        .order_by(RunNode.started_at.desc().nulls_last(), RunNode.run_id)
        .limit(limit)
    )
    rows = list(session.scalars(query))
    unfinished = {row.run_id for row in rows if row.status == "running"}
    dead = {run_id for run_id in unfinished if not _still_runs(engine, run_id)}
    for row in rows:
        if row.status == "running" and row.run_id in dead:
            session.expunge(row)
            row.status = "unknown"
    return rows


def _still_runs(engine: RunEngine, run_id: str) -> bool:
    try:
        run = engine.get(run_id)
    except Unavailable:
        return False  # nobody can tell, which is what `unknown` says
    return run is not None and run.status not in ENDED


def _views(session: Session, workspace: Workspace, runs: Sequence[EngineRun]) -> list[RunView]:
    run_ids = [run.run_id for run in runs]
    recorded: dict[str, dict[int, RunStep]] = {run_id: {} for run_id in run_ids}
    of_runs = sa.and_(RunStep.run_id.in_(run_ids), RunStep.workspace_id == workspace.id)
    for step in session.scalars(sa.select(RunStep).where(of_runs)):
        recorded[step.run_id][step.step] = step
    counts: dict[str, dict[str, int]] = {run_id: {} for run_id in run_ids}
    query = (
        sa.select(RunNode.run_id, RunNode.status, sa.func.count())
        .where(
            RunNode.run_id.in_(run_ids), RunNode.workspace_id == workspace.id, RunNode.command.in_(TELLING)
        )
        .group_by(RunNode.run_id, RunNode.status)
    )
    ended = {run.run_id for run in runs if run.status in ENDED}
    for run_id, status, count in session.execute(query):
        shown = told_status(status, ended=run_id in ended)
        counts[run_id][shown] = counts[run_id].get(shown, 0) + count
    return [
        RunView(run, workspace.key, _steps(workspace.key, run, recorded[run.run_id]), counts[run.run_id])
        for run in runs
    ]


def _steps(workspace_key: str, run: EngineRun, recorded: Mapping[int, RunStep]) -> list[StepView]:
    asked = _asked(workspace_key, run)
    ended = run.status in ENDED
    return [_step(index, step, recorded.get(index), ended=ended) for index, step in enumerate(asked, start=1)]


def _step(index: int, step: Step, row: RunStep | None, *, ended: bool) -> StepView:
    if row is None:
        status = "not_run" if ended else "pending"
        return StepView(index, step.command, step.display, step.options, status, on_failure=step.on_failure)
    # Dagster's word stands over ours: a step cannot run in a run that has ended.
    status = "unknown" if ended and row.status == "running" else row.status
    return StepView(
        index,
        step.command,
        row.command,
        step.options or selected_by(row.command),
        status,
        row.exit_code,
        row.message,
        row.started_at,
        row.finished_at,
        step.on_failure,
    )


def selected_by(display: str) -> dict[str, Any]:
    """What a run of Dagster's page selected; only the recorded command says it, and *Run again* needs it."""
    words = shlex.split(display)
    return {"select": words[words.index("--select") + 1 :]} if "--select" in words else {}


def _asked(workspace_key: str, run: EngineRun) -> list[Step]:
    """The steps that a run was asked to do. Without any (Dagster's page), it builds what was selected."""
    try:
        return steps_of(workspace_key, run.config)
    except WorkbenchError:
        return []


def steps_of(workspace_key: str, config: Any) -> list[Step]:
    """The steps in the configuration of a run; one without any builds.

    Raises:
        Invalid: there is one that is not allowed (any more).
    """
    for key in ("ops", op_name(workspace_key), "config"):
        config = config.get(key) if isinstance(config, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    steps: Any = config.get("steps") if isinstance(config, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return check_steps(steps) if steps else [Step("build")]


def _message(engine: RunEngine, view: RunView) -> str | None:
    """Why a run failed: the step's own words, or else Dagster's."""
    if view.run.status is not RunStatus.FAILED:
        return None
    failed = [step for step in view.steps if step.status == "failed" and step.message]
    if len(failed) > 1:
        return "\n".join(f"Step {step.index} ({step.display}) failed: {step.message}" for step in failed)
    said = next((step.message for step in view.steps if step.message), None)
    return said or engine.failure_message(view.run.run_id)
