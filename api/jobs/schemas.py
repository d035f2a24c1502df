"""Jobs as they are asked for."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from api.runs.schemas import RetryIn, StepIn


class _In(BaseModel):
    model_config = {"extra": "forbid"}


class CronTriggerIn(_In):
    """At times of a cron expression. Without a timezone, the instance's own (SCHEDULER_DEFAULT_TIMEZONE).

    `missed`: what becomes of times that nobody looked at within five minutes, because of an outage: `skip`
    notes them, `run` also runs the newest `missed_limit` of them.
    """

    kind: Literal["cron"]
    id: int | None = Field(default=None, description="Of a trigger that there is; null for a new one.")
    expression: str = Field(max_length=200, examples=["30 6 * * mon-fri"])
    timezone: str | None = Field(default=None, max_length=100, examples=["Europe/Berlin"])
    missed: Literal["skip", "run"] = "skip"
    missed_limit: int = Field(default=1, description="From 1 to 10.")


class JobTriggerIn(_In):
    """When a run of another job of the workspace has ended for good."""

    kind: Literal["job"]
    id: int | None = None
    job: str = Field(max_length=60, description="Key of the other job.", examples=["nightly"])
    on: Literal["success", "failure", "any"] = "success"


class ArtifactsTriggerIn(_In):
    """When artifacts of an environment, or (null) of any, have been brought and taken in."""

    kind: Literal["artifacts"]
    id: int | None = None
    environment: str | None = Field(default=None, max_length=100)


class ApiTriggerIn(_In):
    """When it is called over the API."""

    kind: Literal["api"]
    id: int | None = None


TriggerIn = Annotated[
    CronTriggerIn | JobTriggerIn | ArtifactsTriggerIn | ApiTriggerIn, Field(discriminator="kind")
]
Tags = list[Annotated[str, Field(max_length=200)]]


class JobIn(_In):
    """A job to be made. Without a key, one is made from the name; it never changes.

    `environment`: null for whichever is the workspace's default at the time. `overlap`: what happens when it
    is due while a run of it goes on.
    """

    key: str | None = Field(default=None, max_length=100, examples=["nightly_build"])
    name: str = Field(max_length=200, examples=["Nightly build"])
    description: str = Field(default="", max_length=10_000)
    steps: list[StepIn] = Field(examples=[[{"command": "build"}]])
    environment: str | None = Field(default=None, max_length=100)
    retry: RetryIn | None = None
    timeout_seconds: int | None = Field(default=None, description="From 60 to a week; null for none.")
    overlap: Literal["skip", "queue", "allow"] = "skip"
    priority: int = Field(default=0, description="From -100 to 100; higher ones leave the queue first.")
    retention_days: int | None = Field(default=None, description="1 or more; null as the environment says.")
    late_after_minutes: int | None = Field(default=None, description="1 or more; null: never late.")
    owner: str = Field(default="", max_length=200)
    tags: Tags = Field(default_factory=list, max_length=100)
    triggers: list[TriggerIn] = Field(default_factory=list, max_length=100, examples=[[{"kind": "api"}]])


class JobChangeIn(_In):
    """What is to change; the rest stays. A list of triggers replaces the one before.

    `version`: that of the job as it was read; refused when somebody else has changed it since.
    """

    version: int | None = None
    archived: bool | None = None
    name: str | None = Field(default=None, max_length=200)
    description: str | None = Field(default=None, max_length=10_000)
    steps: list[StepIn] | None = None
    environment: str | None = Field(default=None, max_length=100)
    retry: RetryIn | None = None
    timeout_seconds: int | None = None
    overlap: Literal["skip", "queue", "allow"] | None = None
    priority: int | None = None
    retention_days: int | None = None
    late_after_minutes: int | None = None
    owner: str | None = Field(default=None, max_length=200)
    tags: Tags | None = Field(default=None, max_length=100)
    triggers: list[TriggerIn] | None = Field(default=None, max_length=100)

    def values(self) -> dict[str, Any]:
        """What was named. Null takes a value away where there may be none, and says nothing elsewhere."""
        given = self.model_dump(exclude_unset=True)
        return {name: value for name, value in given.items() if value is not None or name in _NULLABLE}


_NULLABLE = frozenset({"environment", "retry", "timeout_seconds", "retention_days", "late_after_minutes"})


class DuplicateIn(_In):
    """Key and name of the copy; both are made up where they are left out."""

    key: str | None = Field(default=None, max_length=100)
    name: str | None = Field(default=None, max_length=200)


class CronIn(_In):
    """A cron expression to look at, and from when on (now, if left out)."""

    expression: str = Field(max_length=200, examples=["30 6 * * mon-fri"])
    timezone: str | None = Field(default=None, max_length=100, examples=["Europe/Berlin"])
    after: AwareDatetime | None = None


class RunNowIn(_In):
    """`force`: also beside a run of a job whose rule is to skip. `variables`: dbt's, for this run."""

    force: bool = False
    variables: dict[str, Any] = Field(default_factory=dict)


class CallIn(_In):
    """dbt variables of the run that is called for."""

    variables: dict[str, Any] = Field(default_factory=dict)
