"""What runs need of the orchestrator. `api.kit.dagster` speaks to Dagster's GraphQL; core knows only this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

WORKSPACE_TAG = "workbench/workspace"
ENVIRONMENT_TAG = "workbench/environment"
ACTOR_TAG = "workbench/actor"
COMMAND_TAG = "workbench/command"
WAREHOUSE_TAG = "workbench/warehouse"
# Which job of the workspace a run is of (its key), which of its triggers asked for it (its id), and for when.
JOB_TAG = "workbench/job"
TRIGGER_TAG = "workbench/trigger"
DUE_TAG = "workbench/due"
# A run that waits until the one with the same value is over (dagster.yaml limits it to one).
ONE_AT_A_TIME_TAG = "workbench/one_at_a_time"
PRIORITY_TAG = "dagster/priority"
# Dagster's own: it ends a run that has gone on for so many seconds (run monitoring, dagster.yaml).
MAX_RUNTIME_TAG = "dagster/max_runtime"
# For how many days its log and folder are kept, where its job says so and not its environment.
RETENTION_TAG = "workbench/retention_days"
# What a run that does another one again has of it: it is a run of the same job, under the same rules.
KEPT_TAGS = (JOB_TAG, ONE_AT_A_TIME_TAG, PRIORITY_TAG, MAX_RUNTIME_TAG, RETENTION_TAG)
GIT_COMMIT_TAG = "workbench/git_commit"
DBT_VERSION_TAG = "workbench/dbt_version"
# Dagster's own: which schedule asked for a run.
SCHEDULE_TAG = "dagster/schedule_name"


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


ENDED = frozenset({RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.CANCELLED})


@dataclass(frozen=True)
class EngineRun:
    """A run as the orchestrator knows it."""

    run_id: str
    job_name: str
    status: RunStatus
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    selected_assets: int = 0


@dataclass(frozen=True)
class Launch:
    """What to start: a job of the code location, its configuration and tags."""

    job_name: str
    config: Mapping[str, Any]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class TagLimit:
    """At most so many runs at once that carry this tag; with this value, or (None) with the same value."""

    key: str
    value: str | None
    limit: int


@dataclass(frozen=True)
class Limits:
    """What Dagster goes by. `most` is None where there is no limit of all runs."""

    most: int | None
    tags: Sequence[TagLimit] = ()


@dataclass(frozen=True)
class Queue:
    """What waits, what goes on, and by which limits, in all workspaces."""

    waiting: Sequence[EngineRun]
    active: Sequence[EngineRun]
    limits: Limits
    is_served: bool = True


class RunEngine(Protocol):
    """The orchestrator. Every method raises `Unavailable` when it does not answer."""

    def launch(self, launch: Launch) -> EngineRun:
        """Queue a run. Raises Conflict when the job does not exist or refuses the configuration."""
        ...

    def get(self, run_id: str) -> EngineRun | None:
        """One run, or None."""
        ...

    def list_runs(
        self,
        tags: Mapping[str, str],
        statuses: Sequence[RunStatus],
        *,
        limit: int,
        cursor: str | None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        run_ids: Sequence[str] | None = None,
    ) -> list[EngineRun]:
        """Runs that carry all tags, newest first, after the run id `cursor`; of `run_ids` only, if given."""
        ...

    def queue(self) -> Queue:
        """What waits and what goes on, in all workspaces."""
        ...

    def cancel(self, run_id: str) -> None:
        """Ask a run to end. Raises Conflict when it cannot be."""
        ...

    def failure_message(self, run_id: str) -> str | None:
        """Why a run failed, in the orchestrator's words, where it has any."""
        ...
