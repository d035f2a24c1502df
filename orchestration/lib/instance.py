"""One Dagster instance per process, with connections that stay open.

Dagster makes an instance for each evaluation of a schedule or sensor. That is three storages, each of which
connects to look whether its tables are there: longer than the evaluation itself.
"""

import time
from threading import Lock
from typing import Any, Final

from dagster import (
    DagsterInstance,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorDefinition,
    SensorEvaluationContext,
)
from dagster._core.definitions.schedule_definition import ScheduleExecutionData
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.instance.ref import InstanceRef
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError

NO_LIMIT: Final = 0
RECYCLE_SECONDS: Final = 3600
MORE_CONNECTIONS: Final = 4
# As many go on at once as the daemon has threads for schedules and sensors (dagster.yaml), and some more.
EVALUATIONS: Final = 15

# A connection that was used so recently is taken to be there still.
FRESH_SECONDS: Final = 1.0

_lock = Lock()
_shared: list[tuple[InstanceRef, DagsterInstance]] = []


def hold_connections(instance: DagsterInstance, more: int = MORE_CONNECTIONS) -> None:
    """Without this, Dagster connects to PostgreSQL for each statement anew: longer than most take.

    A connection that has not been used for a moment is tried first: PostgreSQL may have been started again.
    """
    instance.optimize_for_webserver(NO_LIMIT, RECYCLE_SECONDS, more)
    for storage in (instance.run_storage, instance.event_log_storage, instance.schedule_storage):
        for engine in _engines(storage):
            event.listen(engine, "checkout", _try_first)
            event.listen(engine, "checkin", _note_use)
    _remember_tables(instance.schedule_storage)


def _engines(storage: Any) -> list[Any]:
    """The engine of a storage, which may be a part of another; none of one in memory."""
    parts = (storage, getattr(storage, "_storage", None))
    return [part._engine for part in parts if hasattr(part, "_engine")]  # noqa: SLF001 # pyright: ignore[reportOptionalMemberAccess] - Dagster names no other way


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _try_first(connection: Any, record: Any, _proxy: Any) -> None:
    if time.monotonic() - record.info.get("used", time.monotonic()) < FRESH_SECONDS:
        return
    try:
        connection.cursor().execute("select 1")
    except Exception as error:
        raise DisconnectionError from error  # the pool then makes another


def _remember_tables(storage: Any) -> None:
    """A table that is there stays there; Dagster asks PostgreSQL for its list of tables four times a tick."""
    if storage is not None and hasattr(storage, "has_instigators_table") and storage.has_instigators_table():
        storage.has_instigators_table = lambda: True


def shared_instance(ref: InstanceRef) -> DagsterInstance:
    """The instance of this process. Evaluations in several threads share it, as pages of the webserver do."""
    with _lock:
        if not _shared or _shared[0][0] != ref:
            instance = DagsterInstance.from_ref(ref)
            hold_connections(instance, EVALUATIONS)
            _shared[:] = [(ref, instance)]
        return _shared[0][1]


def _lend(context: ScheduleEvaluationContext | SensorEvaluationContext) -> None:
    """Give a context that would make an instance the one that is there."""
    if context.instance_ref is not None and context._instance is None:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        context._instance = shared_instance(context.instance_ref)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


class SharedInstanceSchedule(ScheduleDefinition):
    """A schedule that is evaluated with the instance of its process."""

    def evaluate_tick(self, context: ScheduleEvaluationContext) -> ScheduleExecutionData:
        """As Dagster does it."""
        _lend(context)
        return super().evaluate_tick(context)


class SharedInstanceSensor(SensorDefinition):
    """A sensor that is evaluated with the instance of its process."""

    def evaluate_tick(self, context: SensorEvaluationContext) -> SensorExecutionData:
        """As Dagster does it."""
        _lend(context)
        return super().evaluate_tick(context)
