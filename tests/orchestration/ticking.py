"""A workspace with jobs, and Dagster's own scheduler and sensors over it, at times that the test sets."""

import itertools
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterRun, Definitions, RunsFilter
from dagster._core.events import DagsterEvent, DagsterEventType
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.scheduler.instigation import InstigatorTick
from dagster._core.test_utils import freeze_time, instance_for_test
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler import scheduler
from dagster._scheduler.scheduler import launch_scheduled_runs

from core.environments import service as environments
from core.kit import clock
from core.runs.ports import DUE_TAG, JOB_TAG
from core.schedules.models import DueTime, Job, Trigger
from core.schedules.names import LOCATION, dagster_name
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from core.workspaces.service import Registration
from orchestration.defs.dbt.definitions import WorkspaceSource, workspace_definitions
from orchestration.defs.schedules import asking, cron, sensors
from orchestration.defs.schedules import definitions as schedules
from orchestration.defs.schedules.instigators import selector_id
from orchestration.lib.services import Services

KEY = "shop"
LOCATION_FILE = "from tests.orchestration.ticking import definitions\n\ndefs = definitions()\n"
_numbers = itertools.count()
log = logging.getLogger("test")
# What the file that Dagster loads serves: set by the test, in whose process it is loaded.
serving: list[Services] = []


def definitions() -> Definitions:
    """The triggers of the workspace, and its jobs."""
    found = workspace_definitions(WorkspaceSource(KEY, KEY, None, None), pytest.fail)
    names = {job.name for job in found.jobs or ()}
    return Definitions.merge(found, schedules.schedule_definitions(serving[0], names))


def utc(text: str) -> datetime:
    """A time, as 2026-03-01 12:00."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Ticking:
    """Dagster over a database of ours."""

    shared: Services
    instance: DagsterInstance
    workspace: Workspace
    monkeypatch: pytest.MonkeyPatch
    _context: list[WorkspaceProcessContext] = field(default_factory=list)
    _times: dict[str, Any] = field(default_factory=dict)

    def job(self, key: str = "nightly", **values: Any) -> Job:
        """A job."""
        given = {"steps": [{"command": "build"}], "created_by": "a", "updated_by": "a", **values}
        with self.shared.db.session() as session:
            job = Job(workspace_id=self.workspace.id, key=key, name=key, **given)
            session.add(job)
            session.flush()
            return job

    def trigger(self, job: Job, kind: str, since: str, **settings: Any) -> Trigger:
        """A trigger of it, made at that time."""
        with self.shared.db.session() as session:
            trigger = Trigger(job_id=job.id, kind=kind, settings=settings, changed_at=utc(since))
            session.add(trigger)
            session.flush()
            return trigger

    def cron(self, job: Job, expression: str, since: str, timezone: str = "UTC", **more: Any) -> Trigger:
        """A cron trigger of it."""
        return self.trigger(job, "cron", since, expression=expression, timezone=timezone, **more)

    def name(self, job: Job, trigger: Trigger) -> str:
        """What Dagster calls a trigger."""
        return dagster_name(KEY, job.key, trigger.kind, trigger.id)

    def load(self) -> None:
        """Load the code location, as the daemon has it from then on."""
        self._times.clear()
        # Under another name each time: Dagster loads a file once.
        file = self.shared.settings.data_dir / f"location_{next(_numbers)}_of_{os.getpid()}.py"
        file.write_text(LOCATION_FILE)
        origin = InProcessCodeLocationOrigin(
            LoadableTargetOrigin(python_file=str(file)), location_name=LOCATION
        )
        self.close()
        self._context[:] = [WorkspaceProcessContext(self.instance, InProcessWorkspaceLoadTarget([origin]))]

    def close(self) -> None:
        """Let go of the code location."""
        for context in self._context:
            context.__exit__(None, None, None)
        self._context.clear()

    @contextmanager
    def at(self, when: datetime) -> Generator[None]:
        """While the clock stands there, ours and Dagster's."""
        with freeze_time(when), self.monkeypatch.context() as patch:
            patch.setattr(clock, "now", lambda: when)
            yield

    def tick(self, when: str) -> None:
        """An iteration of Dagster's scheduler."""
        if not self._context:
            self.load()
        now = utc(when)
        with self.at(now):
            for _ in launch_scheduled_runs(self._context[0], log, now, self._times, max_tick_retries=60):
                pass

    def tick_and_die(self, when: str, place: str) -> None:
        """An iteration that ends where Dagster says that it is at this place; then there is a new daemon."""

        def die(_flags: object, here: str) -> None:
            if here == place:
                raise Killed

        with self.monkeypatch.context() as patch:
            patch.setattr(scheduler, "check_for_debug_crash", die)
            with suppress(Killed):
                self.tick(when)
        self.restart()

    def restart(self) -> None:
        """Another daemon, which remembers nothing; and another process of the code server."""
        self._times.clear()
        asking.asked.forget()

    def look(self, when: str) -> None:
        """An iteration of Dagster's sensors."""
        if not self._context:
            self.load()
        with self.at(utc(when)):
            for _ in execute_sensor_iteration(
                self._context[0], log, threadpool_executor=None, submit_threadpool_executor=None
            ):
                pass

    def pause(self, job: Job, trigger: Trigger, when: str) -> None:
        """As in Dagster's page."""
        with self.at(utc(when)):
            schedule = self._schedule(self.name(job, trigger))
            self.instance.stop_schedule(schedule.get_remote_origin_id(), schedule.selector_id, schedule)

    def resume(self, job: Job, trigger: Trigger, when: str) -> None:
        """As in Dagster's page."""
        with self.at(utc(when)):
            self.instance.start_schedule(self._schedule(self.name(job, trigger)))

    def _schedule(self, name: str) -> Any:
        (location,) = self._context[0].create_request_context().code_locations
        (repository,) = location.get_repositories().values()
        return repository.get_schedule(name)

    def due(self, job: Job) -> list[str]:
        """The due times of which there are runs, each as often as there are."""
        return sorted(run.tags[DUE_TAG][11:16] for run in self.runs(job))

    def runs(self, job: Job) -> list[DagsterRun]:
        """The runs of a job."""
        return list(self.instance.get_runs(RunsFilter(tags={JOB_TAG: job.key})))

    def decided(self, trigger: Trigger) -> dict[str, str]:
        """What became of each due time."""
        with self.shared.db.session() as session:
            rows = session.query(DueTime).filter_by(trigger_id=trigger.id).order_by(DueTime.due_at)
            return {f"{row.due_at:%H:%M}": row.outcome for row in rows}

    def ticks(self, job: Job, trigger: Trigger) -> list[InstigatorTick]:
        """The ticks of a trigger in Dagster, the newest first."""
        return list(self.instance.get_ticks("", selector_id(self.name(job, trigger))))

    def end(self, run: DagsterRun, kind: DagsterEventType, when: str) -> None:
        """Let a run end."""
        with self.at(utc(when)):
            event = DagsterEvent(event_type_value=kind.value, job_name=run.job_name)
            self.instance.report_dagster_event(event, run.run_id)


class Killed(BaseException):
    """The daemon is no more: nothing is caught, nothing written down."""


@contextmanager
def a_ticking(shared: Services, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Ticking]:
    """Dagster over a workspace without jobs, whose runs all stay in the queue."""
    with shared.db.session() as session:
        workspace = workspaces.add(session, workspaces.STARTED_BY, Registration(KEY, KEY, str(folder), ""))
        environment = environments.ensure(session, workspace.id, "prod")
        environment.in_profile, environment.adapter_type = True, "postgres"
    for module in (cron, sensors, schedules):
        monkeypatch.setattr(module, "services", lambda: shared)
    serving[:] = [shared]
    asking.asked.forget()
    queue = {"module": "dagster._core.run_coordinator", "class": "QueuedRunCoordinator"}
    with instance_for_test({"run_coordinator": queue}, temp_dir=str(folder)) as instance:
        found = Ticking(shared, instance, workspace, monkeypatch)
        yield found
        found.close()
    serving.clear()
