"""Runs as JSON."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field

from core.kit import clock
from core.runs.commands import COMMANDS, OPTIONS
from core.runs.ports import (
    ACTOR_TAG,
    DBT_VERSION_TAG,
    ENVIRONMENT_TAG,
    GIT_COMMIT_TAG,
    JOB_TAG,
    SCHEDULE_TAG,
    EngineRun,
    RunStatus,
)
from core.runs.retry_policy import (
    GIVEN_UP_TAG,
    MAX_ATTEMPTS,
    MAX_DELAY,
    RETRY_OF_TAG,
    STATE_TAG,
    WAITING,
    RetryPolicy,
    attempt_of,
    policy_of,
)
from core.runs.service import RunRequest, RunView


class StepIn(BaseModel):
    """One dbt command. What is allowed is listed by GET runs/options and checked there and here alike."""

    model_config = {"extra": "forbid"}

    command: str = Field(max_length=100, examples=["build"])
    options: dict[str, Any] = Field(default_factory=dict, examples=[{"select": ["+orders"]}])
    on_failure: Literal["stop", "continue"] = Field(
        default="stop", description="Whether the steps behind it run all the same when it fails."
    )


class RetryIn(BaseModel):
    """Trying a run that fails again by itself. `max_attempts` counts the first one too."""

    model_config = {"extra": "forbid"}

    max_attempts: int = Field(ge=2, le=MAX_ATTEMPTS)
    delay_seconds: int = Field(
        default=60, ge=0, le=MAX_DELAY, description="Before the second attempt; exponential ones double."
    )
    max_delay_seconds: int | None = Field(
        default=None, ge=1, le=MAX_DELAY, description="The longest of the delays; a day without it."
    )
    backoff: Literal["fixed", "exponential"] = "fixed"
    what: Literal["failed", "all"] = Field(
        default="failed", description="Only what failed, was skipped or never ran; or everything."
    )

    def policy(self) -> RetryPolicy:
        """The same for the domain."""
        return RetryPolicy(**self.model_dump())


class RunIn(BaseModel):
    """What to run. Without an environment, the workspace's default."""

    model_config = {"extra": "forbid"}

    environment: str | None = Field(default=None, max_length=100)
    steps: list[StepIn]
    retry: RetryIn | None = None

    def request(self) -> RunRequest:
        """The same for the domain."""
        policy = None if self.retry is None else self.retry.policy()
        return RunRequest([step.model_dump() for step in self.steps], self.environment, policy)


class RunStepOut(BaseModel):
    """A dbt command of a run. `pending`: not begun; `not_run`: the run ended before."""

    index: int
    command: str
    display: str
    options: dict[str, Any]
    on_failure: str = "stop"
    status: str
    exit_code: int | None
    message: str | None
    started_at: datetime | None
    finished_at: datetime | None


class RunRetryOut(BaseModel):
    """How a run belongs to others that did the same: `of` is the one that it does again.

    `next_at`: when the next attempt is due; null when none is waited for. `given_up` says why there is none.
    """

    of: str | None
    attempt: int
    max_attempts: int | None
    next_at: datetime | None
    given_up: str | None

    @classmethod
    def of_run(cls, run: EngineRun) -> Self | None:
        """From its tags; None for a run that is no retry and will have none."""
        policy, attempt = policy_of(run.tags), attempt_of(run.tags)
        if policy is None and RETRY_OF_TAG not in run.tags:
            return None
        waits = policy and run.status == RunStatus.FAILED and run.tags.get(STATE_TAG) == WAITING
        delay = timedelta(seconds=policy.delay_after(attempt)) if policy else timedelta()
        return cls(
            of=run.tags.get(RETRY_OF_TAG),
            attempt=attempt,
            max_attempts=policy.max_attempts if policy else None,
            next_at=run.ended_at + delay if waits and run.ended_at else None,
            given_up=run.tags.get(GIVEN_UP_TAG),
        )


class RunOut(BaseModel):
    """A run. `status_message` says why it failed, where that is known.

    `job` is the key of the job that it is a run of, null for any other. `git_commit` is that of the project's
    folder, with `-dirty` where it held changes that were not committed.
    """

    run_id: str
    workspace: str
    status: RunStatus
    status_message: str | None
    steps: list[RunStepOut]
    environment: str | None
    actor: str | None
    schedule: str | None
    job: str | None = None
    git_commit: str | None
    dbt_version: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    dagster_path: str
    node_counts: dict[str, int]
    can_cancel: bool
    retry: RunRetryOut | None = None

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
            job=run.tags.get(JOB_TAG),
            git_commit=run.tags.get(GIT_COMMIT_TAG),
            dbt_version=run.tags.get(DBT_VERSION_TAG),
            created_at=run.created_at,
            started_at=run.started_at,
            finished_at=run.ended_at,
            duration_seconds=_duration(run.started_at, run.ended_at),
            dagster_path=f"/dagster/runs/{run.run_id}",
            node_counts=dict(view.node_counts),
            can_cancel=view.can_cancel,
            retry=RunRetryOut.of_run(run),
        )


def _duration(started: datetime | None, ended: datetime | None) -> float | None:
    return None if started is None else ((ended or clock.now()) - started).total_seconds()


class RunList(BaseModel):
    """One page of runs, newest first. Nobody counts them all: `total` is null."""

    items: list[RunOut]
    total: int | None = None
    next_cursor: str | None


class OptionOut(BaseModel):
    """A flag of dbt and the kind of value it takes.

    list, name, mapping, switch, count, macro, choice (one of `choices`), sample (a time or a window), state
    (an environment or a run) or environment.
    """

    name: str
    flag: str
    kind: str
    description: str
    choices: list[str] = []


class CommandOut(BaseModel):
    """A dbt command and the names of the flags it takes."""

    name: str
    description: str
    options: list[str]
    needed: list[str] = []


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
    jobs: list[str]
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
    """Lines of a log. `ended` is true once no line will follow.

    `next_line` is the first that was not looked at: a filter looks through so many lines at a time. `total`
    counts all lines by now, `levels` those of each level, `matches` those that the filter lets through, where
    that is known without reading them.
    """

    items: list[LogLineOut]
    next_line: int
    ended: bool
    total: int
    levels: dict[str, int]
    matches: int | None


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
