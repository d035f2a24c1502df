"""What every kind of trigger has: a check of its settings, and words for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Upstream:
    """A job that another can wait for."""

    key: str
    name: str
    archived: bool


@dataclass(frozen=True)
class Around:
    """What settings can name: jobs and environments by id; and the timezone where they name none."""

    jobs: Mapping[int, Upstream] = field(default_factory=dict[int, Upstream])
    environments: Mapping[int, str] = field(default_factory=dict[int, str])
    timezone: str = "UTC"

    def job_id(self, key: Any) -> int | None:
        """The id of the job with this key."""
        return next((number for number, job in self.jobs.items() if job.key == key), None)

    def environment_id(self, key: Any) -> int | None:
        """The id of the environment with this key."""
        return next((number for number, known in self.environments.items() if known == key), None)


Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of trigger.

    `check` turns what somebody asks for into the settings that are kept, and raises Invalid with the names of
    its fields. `shown` is the way back: the settings as they are asked for. `words` says them in a sentence.
    `is_schedule`: a schedule of Dagster; otherwise a sensor.
    """

    name: str
    title: str
    description: str
    check: Callable[[Settings, Around], dict[str, Any]]
    shown: Callable[[Settings, Around], dict[str, Any]]
    words: Callable[[Settings, Around], str]
    is_schedule: bool = False
