"""Runs as JSON."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from core.kit import clock
from core.runs.commands import COMMANDS, OPTIONS
from core.runs.ports import (
    ACTOR_TAG,
    DBT_VERSION_TAG,
    ENVIRONMENT_TAG,
    GIT_COMMIT_TAG,
    SCHEDULE_TAG,
    RunStatus,
)
from core.runs.service import RunView


class StepIn(BaseModel):
    """One dbt command. What is allowed is listed by GET runs/options and checked there and here alike."""

    model_config = {"extra": "forbid"}

    command: str = Field(max_length=100, examples=["build"])
    options: dict[str, Any] = Field(default_factory=dict, examples=[{"select": ["+orders"]}])


class RunIn(BaseModel):
    """What to run. Without an environment, the workspace's default."""

    model_config = {"extra": "forbid"}

    environment: str | None = Field(default=None, max_length=100)
    steps: list[StepIn]


class RunStepOut(BaseModel):
    """A dbt command of a run. `pending`: not begun; `not_run`: the run ended before."""

    index: int
    command: str
    display: str
    options: dict[str, Any]
    status: str
    exit_code: int | None
    message: str | None
    started_at: datetime | None
    finished_at: datetime | None


class RunOut(BaseModel):
    """A run. `status_message` says why it failed, where that is known.

    `git_commit` is that of the project's folder, with `-dirty` where it held changes that were not committed.
    """

    run_id: str
    workspace: str
    status: RunStatus
    status_message: str | None
    steps: list[RunStepOut]
    environment: str | None
    actor: str | None
    schedule: str | None
    git_commit: str | None
    dbt_version: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    dagster_path: str
    node_counts: dict[str, int]
    can_cancel: bool

    @classmethod
    def of(cls, view: RunView) -> Self:
        """From Dagster's facts and ours."""
        run = view.run
        return cls(
            run_id=run.run_id,
            workspace=view.workspace_key,
            status=run.status,
            status_message=view.status_message,
            steps=[RunStepOut.model_validate(step, from_attributes=True) for step in view.steps],
            environment=run.tags.get(ENVIRONMENT_TAG),
            actor=run.tags.get(ACTOR_TAG),
            schedule=run.tags.get(SCHEDULE_TAG),
            git_commit=run.tags.get(GIT_COMMIT_TAG),
            dbt_version=run.tags.get(DBT_VERSION_TAG),
            created_at=run.created_at,
            started_at=run.started_at,
            finished_at=run.ended_at,
            duration_seconds=_duration(run.started_at, run.ended_at),
            dagster_path=f"/dagster/runs/{run.run_id}",
            node_counts=dict(view.node_counts),
            can_cancel=view.can_cancel,
        )


def _duration(started: datetime | None, ended: datetime | None) -> float | None:
    return None if started is None else ((ended or clock.now()) - started).total_seconds()


class RunList(BaseModel):
    """One page of runs, newest first. Nobody counts them all: `total` is null."""

    items: list[RunOut]
    total: int | None = None
    next_cursor: str | None


class OptionOut(BaseModel):
    """A flag of dbt and the kind of value it takes: list, name, mapping, switch, count or macro."""

    name: str
    flag: str
    kind: str
    description: str


class CommandOut(BaseModel):
    """A dbt command and the names of the flags it takes."""

    name: str
    description: str
    options: list[str]


class RunOptionsOut(BaseModel):
    """Everything that can be asked for."""

    commands: list[CommandOut]
    options: list[OptionOut]

    @classmethod
    def all(cls) -> Self:
        """The allow-list."""
        return cls(
            commands=[CommandOut.model_validate(item, from_attributes=True) for item in COMMANDS.values()],
            options=[OptionOut.model_validate(item, from_attributes=True) for item in OPTIONS.values()],
        )


class RunFacetsOut(BaseModel):
    """Values that the latest runs carry, the most frequent first; `looked_at` is how many runs that is."""

    environments: list[str]
    actors: list[str]
    commands: list[str]
    schedules: list[str]
    looked_at: int


class CancelIn(BaseModel):
    """The runs that shall end."""

    model_config = {"extra": "forbid"}

    run_ids: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(min_length=1, max_length=100)


class CancelledOut(BaseModel):
    """What came of it for one run: `error` and `message` say why it could not be asked to end."""

    run_id: str
    cancelling: bool
    error: str | None = None
    message: str | None = None


class CancelOut(BaseModel):
    """One answer for each run, in the order asked for."""

    items: list[CancelledOut]


class LogLineOut(BaseModel):
    """A line of the log, numbered from 1."""

    line: int
    at: str
    level: str
    event: str
    step: int
    unique_id: str | None
    text: str


class LogPage(BaseModel):
    """Lines of a log. `ended` is true once no line will follow."""

    items: list[LogLineOut]
    next_line: int
    ended: bool


class LogStatus(BaseModel):
    """Data of the stream's `status` and `end` events."""

    status: RunStatus
    status_message: str | None = None


class RunArtifactOut(BaseModel):
    """A file that a step left; `refused` says why it did not reach the catalog."""

    step: int
    name: str
    size: int
    digest: str
    refused: str | None


class RunArtifactList(BaseModel):
    """The files that a run left."""

    items: list[RunArtifactOut]
    total: int
    next_cursor: str | None = None
