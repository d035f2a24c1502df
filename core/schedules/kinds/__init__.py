"""Kinds of triggers, one file each. A new kind is a file here, a line below, and how Dagster ticks it."""

from collections.abc import Mapping
from typing import Final

from core.schedules.kinds import api, artifacts, cron, job
from core.schedules.kinds.kind import Kind

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind for kind in (cron.KIND, job.KIND, artifacts.KIND, api.KIND)
}
