"""What Dagster keeps of a schedule or sensor of ours: whether it is on, and its ticks."""

from datetime import datetime

from dagster import DagsterInstance
from dagster._core.definitions.selector import InstigatorSelector
from dagster._core.scheduler.instigation import InstigatorState, InstigatorTick

from core.schedules.names import LOCATION, REPOSITORY


def selector_id(name: str) -> str:
    """By what Dagster knows it, wherever the code location is served."""
    return InstigatorSelector(location_name=LOCATION, repository_name=REPOSITORY, name=name).get_id()


def state_of(instance: DagsterInstance, name: str) -> InstigatorState | None:
    """Its state, where Dagster has written one."""
    return instance.get_instigator_state("", selector_id(name))


def tick_at_time(instance: DagsterInstance, name: str, at: datetime) -> InstigatorTick | None:
    """Its tick at this time, if that is among the last."""
    ticks = instance.get_ticks(origin_id="", selector_id=selector_id(name), limit=20)
    return next((tick for tick in ticks if tick.timestamp == at.timestamp()), None)
