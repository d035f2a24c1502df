"""What every trigger does when its job is to run: see that it may, and ask Dagster for the run."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from dagster import DagsterInstance, DagsterRunStatus, RunRequest, RunsFilter
from dagster._core.storage.tags import RUN_KEY_TAG
from sqlalchemy.orm import Session

from core.artifacts.states import check_launch
from core.runs.ports import JOB_TAG, TRIGGER_TAG, WORKSPACE_TAG
from core.runs.retry_policy import STATE_TAG, WAITING
from core.schedules.firing import SKIP
from core.schedules.launching import Cause, launch_of_job
from core.schedules.ledger import Served
from orchestration.lib.services import Services

ON_ITS_WAY: Final = 60.0
NOT_OVER: Final = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


@dataclass
class Asked:
    """Runs that this process has asked for and that Dagster may not have made yet, by job."""

    _by_job: dict[int, tuple[float, int, str]] = field(default_factory=dict[int, tuple[float, int, str]])
    _lock: Lock = field(default_factory=Lock)

    def note(self, served: Served, run_key: str) -> None:
        """A run of this job has been asked for."""
        with self._lock:
            self._by_job[served.job.id] = (time.monotonic(), served.trigger.id, run_key)

    def by_another(self, served: Served, run_key: str) -> tuple[int, str] | None:
        """The trigger and run key of a run that was asked for just now, unless it is this one."""
        with self._lock:
            at, trigger_id, key = self._by_job.get(served.job.id, (0.0, 0, ""))
        new = time.monotonic() - at < ON_ITS_WAY and bool(key)
        return (trigger_id, key) if new and (trigger_id, key) != (served.trigger.id, run_key) else None

    def forget(self) -> None:
        """As a new process would."""
        with self._lock:
            self._by_job.clear()


asked = Asked()


def not_current(served: Served | None, version: int) -> str | None:
    """Why a definition of this version no longer fires; None for one that the database has as loaded."""
    if served is None:
        return "The trigger was removed; Dagster forgets it when the code location has been loaded anew."
    if served.job.archived_at is not None:
        return f"The job {served.job.key!r} is archived."
    if served.trigger.version != version:
        return "The trigger was changed; the change holds once the code location has been loaded anew."
    return None


def run_with(instance: DagsterInstance, trigger_id: int, tags: Mapping[str, str]) -> str | None:
    """The id of a run of this trigger that carries these tags."""
    found = instance.get_run_ids(RunsFilter(tags={TRIGGER_TAG: str(trigger_id), **tags}), limit=1)
    return found[0] if found else None


def busy(instance: DagsterInstance, served: Served, run_key: str) -> str | None:
    """What is not over, if the job's rule is to skip and a run of it is not: in words, with the run."""
    if served.job.overlap != SKIP:
        return None
    tags = {WORKSPACE_TAG: served.workspace.key, JOB_TAG: served.job.key}
    going = instance.get_run_ids(RunsFilter(tags=tags, statuses=NOT_OVER), limit=1)
    if going:
        return f"Run {going[0]} is not over"
    failed = RunsFilter(tags={**tags, STATE_TAG: WAITING}, statuses=[DagsterRunStatus.FAILURE])
    waiting = instance.get_run_ids(failed, limit=1)
    if waiting:
        return f"Run {waiting[0]} failed and will be tried again"
    coming = asked.by_another(served, run_key)
    if coming is not None and run_with(instance, coming[0], {RUN_KEY_TAG: coming[1]}) is None:
        return f"Another run of it ({coming[1]}) has just been asked for"
    return None


def request(
    shared: Services, session: Session, served: Served, *, actor: str, cause: Cause, run_key: str
) -> RunRequest:
    """The request for a run of the job, as it is defined now.

    Raises:
        WorkbenchError: it cannot be run; says why.
    """
    launch = launch_of_job(session, served.workspace, served.job, actor, cause)
    check_launch(session, shared.store, served.workspace, launch)
    asked.note(served, run_key)
    return RunRequest(
        run_key=run_key, job_name=launch.job_name, run_config=dict(launch.config), tags=dict(launch.tags)
    )
