"""Settings, read from the environment (or a `.env` file) once, at start."""

import difflib
import os
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.kit.errors import FieldError, Invalid

PREFIX = "WORKBENCH_"
ENV_FILE = ".env"

# Read by parts that are not this class: the demo's profiles.yml and workspace.yaml.
OTHER_KNOWN = frozenset(
    {
        "WORKBENCH_DEMO_DUCKDB",
        "WORKBENCH_DEMO_PG_HOST",
        "WORKBENCH_DEMO_PG_PORT",
        "WORKBENCH_DEMO_PG_USER",
        "WORKBENCH_DEMO_PG_PASSWORD",
        "WORKBENCH_DEMO_PG_DBNAME",
        "WORKBENCH_REFERENCE_DATA",
    }
)


def _named(name: str) -> AliasChoices:
    return AliasChoices(name, name.lower())


class Settings(BaseSettings):
    """Every setting has an effect; a wrong or unknown one is refused by name at start."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore", frozen=True)

    database_url: str | None = Field(
        default=None,
        validation_alias=_named("DATABASE_URL"),
        description="postgresql://... of your own server. Unset: `workbench up` starts one.",
    )
    data_dir: Path = Field(
        default=Path(".workbench"),
        validation_alias=_named("WORKBENCH_DATA"),
        description="Folder of everything kept outside the database: artifacts, runs, logs.",
    )
    port: int = Field(
        default=8580,
        ge=1,
        le=65535,
        validation_alias=_named("WORKBENCH_PORT"),
        description="Port of the web app and API.",
    )
    dagster_url: str | None = Field(
        default=None,
        validation_alias=_named("WORKBENCH_DAGSTER_URL"),
        description="Address of dagster-webserver, with its path prefix. Set by `workbench up`.",
    )
    code_socket: str | None = Field(
        default=None,
        validation_alias=_named("WORKBENCH_CODE_SOCKET"),
        description="Unix socket of the code location. Set by `workbench up`.",
    )
    auth_enabled: bool = Field(
        default=False,
        validation_alias=_named("AUTH_ENABLED"),
        description="Login. This release has one local admin and serves loopback only; true is refused.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        validation_alias=_named("WORKBENCH_LOG_LEVEL"),
        description="Least severe line that the API and the supervisor write to their logs.",
    )
    dbt_env: str = Field(
        default="",
        validation_alias=_named("WORKBENCH_DBT_ENV"),
        description="Names of further environment variables that dbt may see, separated by commas.",
    )

    @field_validator("database_url")
    @classmethod
    def _must_be_postgres(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("postgresql://", "postgres://")):
            msg = "must begin with postgresql://; other databases are not supported"
            raise ValueError(msg)
        return value if value is None else _well_formed(value)

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @model_validator(mode="after")
    def _no_login_yet(self) -> Self:
        if self.auth_enabled:
            msg = "AUTH_ENABLED: login is not part of this release; unset it and keep to loopback"
            raise ValueError(msg)
        return self

    @property
    def dbt_env_names(self) -> tuple[str, ...]:
        """Further variables that dbt may see."""
        return tuple(name.strip() for name in self.dbt_env.split(",") if name.strip())


def _well_formed(url: str) -> str:
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        # The address may hold a password: it is not repeated here.
        msg = "is not an address of the form postgresql://user:password@host:port/database"
        raise ValueError(msg) from None
    return url


def variable_of(field: str) -> str:
    """The environment variable that sets this field of `Settings`."""
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else field.upper()


def known_variables() -> frozenset[str]:
    """Every environment variable that has an effect."""
    return OTHER_KNOWN | {variable_of(field) for field in Settings.model_fields}


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        Invalid: a variable is wrong or unknown; every one of them is named.
    """
    names = sorted({*os.environ, *dotenv_values(ENV_FILE)})
    problems = [_unknown(name) for name in names if _is_unknown(name)]
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [
            FieldError(_name_of(item["loc"]), item["msg"].removeprefix("Value error, "))
            for item in error.errors()
        ]
        settings = None
    if problems or settings is None:
        listing = "; ".join(f"{p.field}: {p.message}" for p in problems)
        raise Invalid(f"Wrong settings. {listing}", details=problems)
    return settings


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return load_settings()


def _name_of(loc: tuple[int | str, ...]) -> str:
    return str(loc[0]) if loc else "settings"


def _is_unknown(name: str) -> bool:
    return name.startswith(PREFIX) and name not in known_variables()


def _unknown(name: str) -> FieldError:
    near = difflib.get_close_matches(name, sorted(known_variables()), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return FieldError(name, f"there is no such setting{hint}")
