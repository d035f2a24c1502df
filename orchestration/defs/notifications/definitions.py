"""The sensors that tell people: one finds what happened, one sends what is due."""

import logging
from functools import lru_cache
from typing import Final

from dagster import (
    DagsterInstance,
    DefaultSensorStatus,
    Definitions,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
)

from core.notifications.dispatch import Dispatcher
from core.notifications.telling import rules_in_use
from orchestration.defs.notifications.drops import look_at_drops
from orchestration.defs.notifications.late import look_for_late
from orchestration.defs.notifications.looking import look_around
from orchestration.defs.notifications.runs import look_at_runs
from orchestration.lib.services import Services, services

FINDER: Final = "notifications"
SENDER: Final = "deliveries"
FIND_SECONDS: Final = 10
SEND_SECONDS: Final = 5
# Sensors are evaluated one after another: what takes longer goes on in the background.
WAIT_SECONDS: Final = 3.0
MOST_SAID: Final = 3
log = logging.getLogger("workbench.notifications")


def notification_definitions() -> Definitions:
    """Both sensors, which run without anybody turning them on. Neither asks for runs."""
    finder = SensorDefinition(
        name=FINDER,
        evaluation_fn=find_events,
        minimum_interval_seconds=FIND_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Finds what happened to runs, tests, sources and drops, and notes what is to be told.",
    )
    sender = SensorDefinition(
        name=SENDER,
        evaluation_fn=send_deliveries,
        minimum_interval_seconds=SEND_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Sends notifications that are due, and tries again those that were not taken.",
    )
    return Definitions(sensors=[finder, sender])


def find_events(context: SensorEvaluationContext) -> SkipReason:
    """Look everywhere. What cannot be read costs only itself, and is named."""
    return SkipReason(look_everywhere(services(), context.instance))


def look_everywhere(shared: Services, instance: DagsterInstance) -> str:
    """Note what happened since the last look. Returns what is said of it on the sensor's page."""
    with shared.db.session() as session:
        rules = rules_in_use(session)
    around = look_around(shared.db, instance, rules, shared.settings.notifications_base_url)
    count = look_at_runs(around) + look_for_late(around) + look_at_drops(around)
    said = f"Deliveries noted: {count}." if count else "Nothing new to tell."
    for problem in around.problems:
        log.warning("not told: %s", problem)
    return " ".join([said, *(f"Could not be read: {problem}." for problem in around.problems[:MOST_SAID])])


def send_deliveries(context: SensorEvaluationContext) -> SkipReason:  # noqa: ARG001 - Dagster passes it
    """Send what is due."""
    progress = _dispatcher(services()).send_due(WAIT_SECONDS)
    if not (progress.delivered or progress.failed or progress.going_on):
        return SkipReason("Nothing is due.")
    said = f"Delivered {progress.delivered}, not taken {progress.failed}, on the way {progress.going_on}."
    return SkipReason(said)


@lru_cache(maxsize=1)
def _dispatcher(shared: Services) -> Dispatcher:
    """One for this process: it knows what its threads are still about."""
    return Dispatcher(shared.settings, shared.db)
