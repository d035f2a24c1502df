"""Triggers of all workspaces as definitions of Dagster, built from the database at each load."""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from dagster import (
    DefaultSensorStatus,
    Definitions,
    ScheduleDefinition,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
)

from core.kit import clock
from core.runs.service import plain_job_name
from core.schedules import ledger
from core.schedules.ledger import Served
from core.schedules.names import dagster_name
from orchestration.defs.schedules.cron import CRON, cron_schedule
from orchestration.defs.schedules.sensors import LOOKS, trigger_sensor
from orchestration.defs.schedules.stranded import end_stranded
from orchestration.lib.instance import SharedInstanceSensor
from orchestration.lib.reload import request_reload
from orchestration.lib.services import Services, services

SENSOR: Final = "job_definitions"
EVERY_SECONDS: Final = 10
# A reload that was asked for is waited for: the process that it makes compares anew.
RELOAD_SECONDS: Final = 120.0
log = logging.getLogger("workbench.schedules")


@dataclass
class Built:
    """What was made of the triggers; `problems` by trigger id says why one could not be."""

    schedules: list[ScheduleDefinition] = field(default_factory=list[ScheduleDefinition])
    sensors: list[SensorDefinition] = field(default_factory=list[SensorDefinition])
    versions: dict[int, int] = field(default_factory=dict[int, int])
    problems: dict[int, str] = field(default_factory=dict[int, str])


def schedule_definitions(shared: Services, jobs: Collection[str]) -> Definitions:
    """The schedules and sensors of all triggers whose workspace has its job among `jobs`.

    What was loaded is written down for the pages. One trigger that cannot be built costs only itself.
    """
    with shared.db.session() as session:
        triggers = ledger.to_serve(session)
    built = build(triggers, jobs)
    with shared.db.session() as session:
        ledger.note_load(session, built.versions, built.problems)
    watch = _Watch(built.versions)
    sensor = SharedInstanceSensor(
        name=SENSOR,
        evaluation_fn=watch.look,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Has the code location loaded anew when triggers of jobs were changed.",
    )
    return Definitions(schedules=built.schedules, sensors=[*built.sensors, sensor])


def build(triggers: list[Served], jobs: Collection[str]) -> Built:
    """Definitions of those that can be built, reasons for the others."""
    built = Built()
    sensors = sum(served.trigger.kind in LOOKS for served in triggers)
    for served in triggers:
        trigger = served.trigger
        built.versions[trigger.id] = trigger.version
        try:
            _add(built, served, jobs, sensors)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one must not take the others down
            name = dagster_name(served.workspace.key, served.job.key, trigger.kind, trigger.id)
            log.error("trigger %s could not be built: %s", name, error)  # noqa: TRY400 - said, not traced
            built.problems[trigger.id] = str(error) or type(error).__name__
    return built


def _add(built: Built, served: Served, jobs: Collection[str], sensors: int) -> None:
    if plain_job_name(served.workspace.key) not in jobs:
        raise ValueError(f"The workspace {served.workspace.key} has no dbt project that could be run.")
    if served.trigger.kind == CRON:
        built.schedules.append(cron_schedule(served))
    elif served.trigger.kind in LOOKS:
        built.sensors.append(trigger_sensor(served, sensors))
    else:
        raise ValueError(f"No trigger of the kind {served.trigger.kind!r} is known here.")


class _Watch:
    """Compares what is in the database with what this process has loaded."""

    def __init__(self, loaded: dict[int, int]) -> None:
        self._loaded = loaded
        self._asked_at: float | None = None

    def look(self, context: SensorEvaluationContext) -> SkipReason:
        """Ask for a reload when they differ, unless one that was asked for may still be under way."""
        end_stranded(context.instance, clock.now())
        shared = services()
        with shared.db.session() as session:
            wanted = ledger.versions_to_serve(session)
        if wanted == self._loaded:
            return SkipReason("Every trigger is loaded as it is.")
        if self._asked_at is not None and time.monotonic() - self._asked_at < RELOAD_SECONDS:
            return SkipReason("Triggers were changed; the code location is being loaded anew.")
        if not request_reload(shared.settings.dagster_url):
            return SkipReason("Triggers were changed, but Dagster could not be asked to load them yet.")
        self._asked_at = time.monotonic()
        return SkipReason("Triggers were changed; asked for the code location to be loaded anew.")
