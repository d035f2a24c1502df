"""What jobs need of the orchestrator, beside runs. `api.kit.dagster_jobs` speaks to Dagster's GraphQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.schedules.names import VERSION_TAG


@dataclass(frozen=True)
class Tick:
    """One evaluation of a schedule or sensor. `status`: started, skipped, success or failure."""

    at: datetime
    status: str
    run_ids: Sequence[str] = ()
    reason: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Loaded:
    """A schedule or sensor as the orchestrator has loaded it. `version` is None where nobody wrote one."""

    name: str
    is_schedule: bool
    is_running: bool
    state_id: str
    tags: Mapping[str, str]
    ticks: Sequence[Tick] = ()

    @property
    def version(self) -> int | None:
        """Which version of its trigger this is."""
        said = self.tags.get(VERSION_TAG, "")
        return int(said) if said.isdecimal() else None
