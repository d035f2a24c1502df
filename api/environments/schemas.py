"""Environments as JSON. A secret has no value in any of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from api.kit.bodies import Strict
from core.environments.editing import MOST_DAYS, MOST_THREADS, Repository
from core.environments.models import Environment, EnvironmentVariable
from core.environments.profiles import LONGEST, references_of
from core.environments.variables import LONGEST_VALUE
from core.kit.settings import Settings
from core.runs.executables import Check, adapters_of, check_of
from core.runs.models import RunStep

KEY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"


class EnvironmentIn(Strict):
    """What is to change; what is left out stays, and null is back to what the instance or profile says."""

    name: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=10_000)
    dbt_target: str = Field(default="", max_length=100)
    profile_yaml: str | None = Field(
        default=None,
        max_length=LONGEST,
        description="One output of a profile, kept here; secrets in it as {{ env_var('NAME') }}."
        " null: the profile in the repository.",
    )
    threads: int | None = Field(default=None, ge=1, le=MOST_THREADS)
    retention_days: int | None = Field(default=None, ge=1, le=MOST_DAYS)
    dbt_executable: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="A dbt on the server, or the folder of its virtual environment. null: the product's own.",
    )
    defer_to: str | None = Field(default=None, max_length=100, description="Key of another environment.")


class EnvironmentChangeIn(EnvironmentIn):
    """As above; an archived environment can be read, and nothing is run in it."""

    archived: bool = False


class NewEnvironmentIn(EnvironmentIn):
    """An environment to be made. Without a target, the one of its key."""

    key: str = Field(max_length=100, min_length=1, examples=["staging"])


class VariableIn(Strict):
    """A value. A secret is encrypted, and never given out again."""

    value: str = Field(max_length=LONGEST_VALUE, examples=["eu-central-1"])
    secret: bool = False


class VariableOut(BaseModel):
    """A variable. A secret has no `value`; not `is_readable`: its key is lost, and it must be set anew."""

    name: str
    is_secret: bool
    value: str | None
    is_readable: bool
    updated_at: datetime
    updated_by: str

    @classmethod
    def of(cls, row: EnvironmentVariable, *, is_readable: bool) -> Self:
        """From the table."""
        return cls(
            name=row.name,
            is_secret=row.secret is not None,
            value=row.value,
            is_readable=is_readable,
            updated_at=row.updated_at,
            updated_by=row.updated_by,
        )


class DbtOut(BaseModel):
    """The dbt of an environment, as it last answered. null: it does not say."""

    executable: str | None
    is_in_house: bool
    version: str | None
    adapters: list[str] | None
    error: str | None
    checked_at: datetime | None


class AdaptersOut(BaseModel):
    """Adapters that are there against the one that the target needs; null where that is not known."""

    installed: list[str] | None
    needed: str | None
    missing: bool | None


class CheckOut(BaseModel):
    """What an environment needs, and whether it is there. Nothing is run to tell."""

    dbt: DbtOut
    adapters: AdaptersOut
    variables_missing: list[str] = Field(
        description="Variables that the profile kept here reads and that the environment does not have."
    )

    @classmethod
    def of(cls, environment: Environment, names: Sequence[str], told: bool) -> Self:  # noqa: FBT001 - one caller
        """From the table; where a dbt lies on the server is told to admins only."""
        found = adapters_of(environment)
        read = references_of(environment.profile_yaml or "")
        return cls(
            dbt=_dbt(environment, check_of(environment), told=told),
            adapters=AdaptersOut(
                installed=None if found.installed is None else list(found.installed),
                needed=found.needed,
                missing=found.missing,
            ),
            variables_missing=[name for name in read if name not in names],
        )


def _dbt(environment: Environment, check: Check, *, told: bool) -> DbtOut:
    is_in_house = environment.dbt_executable is None
    return DbtOut(
        executable=environment.dbt_executable if told else None,
        is_in_house=is_in_house,
        version=check.version,
        adapters=None if check.adapters is None else list(check.adapters),
        error=check.error if told or check.error is None else "it did not answer",
        checked_at=environment.dbt_checked_at,
    )


class TestOut(BaseModel):
    """The last test of the connection. `status` is null as long as dbt has not begun."""

    run_id: str
    at: datetime
    status: str | None
    message: str | None


class EnvironmentDetail(BaseModel):
    """An environment. Not `is_runnable`: it is archived, or its target is in no profile."""

    key: str
    name: str
    description: str
    dbt_target: str
    adapter_type: str | None
    adapter_missing: bool | None
    is_default: bool
    in_profile: bool
    is_runnable: bool
    has_own_profile: bool
    profile_yaml: str | None
    threads: int | None
    retention_days: int | None
    instance_retention_days: int
    dbt: DbtOut
    defer_to: str | None
    archived_at: datetime | None
    variables: int
    secrets: int
    last_test: TestOut | None

    @classmethod
    def of(cls, environment: Environment, around: "Around", *, told: bool) -> Self:
        """From the tables; where dbt lies on the server is told to admins only."""
        variables, secrets = around.counts.get(environment.id, (0, 0))
        return cls(
            key=environment.key,
            name=environment.name,
            description=environment.description,
            dbt_target=environment.dbt_target,
            adapter_type=environment.adapter_type,
            adapter_missing=adapters_of(environment).missing,
            is_default=environment.is_default,
            in_profile=environment.in_profile,
            is_runnable=environment.is_runnable,
            has_own_profile=environment.profile_yaml is not None,
            profile_yaml=environment.profile_yaml,
            threads=environment.threads,
            retention_days=environment.retention_days,
            instance_retention_days=around.settings.run_retention_days,
            dbt=_dbt(environment, check_of(environment), told=told),
            defer_to=around.keys.get(environment.defer_to_id or 0),
            archived_at=environment.archived_at,
            variables=variables,
            secrets=secrets,
            last_test=_test(environment, around.tests),
        )


class Around:
    """What environments are shown with, read for all of them at once."""

    def __init__(
        self,
        settings: Settings,
        environments: Sequence[Environment],
        counts: dict[int, tuple[int, int]],
        tests: dict[str, RunStep],
    ) -> None:
        self.settings = settings
        self.keys = {environment.id: environment.key for environment in environments}
        self.counts = counts
        self.tests = tests


def _test(environment: Environment, tests: dict[str, RunStep]) -> TestOut | None:
    if environment.tested_run_id is None or environment.tested_at is None:
        return None
    step = tests.get(environment.tested_run_id)
    return TestOut(
        run_id=environment.tested_run_id,
        at=environment.tested_at,
        status=step and step.status,
        message=step and step.message,
    )


class EnvironmentList(BaseModel):
    """Every environment of a workspace, the default first.

    `repository_targets` are those of the profile in the repository; `repository_problem` says why they are
    not known.
    """

    items: list[EnvironmentDetail]
    total: int
    next_cursor: str | None = None
    repository_targets: list[str]
    repository_problem: str | None
    dbt_executables_allowed: bool

    @classmethod
    def over(cls, items: list[EnvironmentDetail], repository: Repository, settings: Settings) -> Self:
        """With what can be chosen."""
        return cls(
            items=items,
            total=len(items),
            repository_targets=[target.name for target in repository.targets],
            repository_problem=repository.problem,
            dbt_executables_allowed=bool(settings.dbt_folders_allowed),
        )


class VariableList(BaseModel):
    """The variables of an environment, by name."""

    items: list[VariableOut]
    total: int
    next_cursor: str | None = None
