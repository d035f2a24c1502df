"""Settings, read from the environment (or a `.env` file) once, at start."""

import base64
import binascii
import difflib
import os
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from core.kit.errors import FieldError, Invalid

PREFIX = "WORKBENCH_"
ENV_FILE = ".env"

# Read by parts that are not this class: the demo's profiles.yml and workspace.yaml.
OTHER_KNOWN = frozenset(
    {
        "DAGSTER_GRPC_MAX_RX_BYTES",
        "DAGSTER_GRPC_MAX_SEND_BYTES",
        "WORKBENCH_DEMO_DUCKDB",
        "WORKBENCH_DEMO_PG_HOST",
        "WORKBENCH_DEMO_PG_PORT",
        "WORKBENCH_DEMO_PG_USER",
        "WORKBENCH_DEMO_PG_PASSWORD",
        "WORKBENCH_DEMO_PG_DBNAME",
        "WORKBENCH_REFERENCE_DATA",
    }
)

# Read by the command line when it talks to an instance elsewhere; no service ever sees them.
OF_COMMANDS = frozenset({"WORKBENCH_URL", "WORKBENCH_TOKEN"})


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
    run_socket: str | None = Field(
        default=None,
        validation_alias=_named("WORKBENCH_RUN_SOCKET"),
        description="Unix socket of the run server. Set by `workbench up`.",
    )
    host: str = Field(
        default="127.0.0.1",
        validation_alias=_named("WORKBENCH_HOST"),
        description="Address that the web app and API listen on. Anything but loopback needs login.",
    )
    open_without_login: bool = Field(
        default=False,
        validation_alias=_named("WORKBENCH_OPEN_WITHOUT_LOGIN"),
        description="true: whoever reaches WORKBENCH_HOST is admin. Never on a shared network.",
    )
    trusted_proxies: str = Field(
        default="",
        validation_alias=_named("WORKBENCH_TRUSTED_PROXIES"),
        description="Addresses of reverse proxies, by commas, whose X-Forwarded-For and -Proto are believed.",
    )
    cors_origins: str = Field(
        default="",
        validation_alias=_named("WORKBENCH_CORS_ORIGINS"),
        description="Origins, by commas, whose pages may ask the API with a token. Cookies are never taken.",
    )
    request_seconds: int = Field(
        default=120,
        ge=1,
        le=3600,
        validation_alias=_named("WORKBENCH_REQUEST_SECONDS"),
        description="Seconds that a request may take to arrive, and that its answer may take to begin.",
    )
    database_owner_url: SecretStr | None = Field(
        default=None,
        validation_alias=_named("DATABASE_OWNER_URL"),
        description="postgresql://... of the role that makes the tables, where DATABASE_URL's is another.",
    )
    auth_enabled: bool = Field(
        default=False,
        validation_alias=_named("AUTH_ENABLED"),
        description="true: people log in. false: one local admin, served on loopback only.",
    )
    jwt_secret_key: SecretStr | None = Field(
        default=None,
        validation_alias=_named("JWT_SECRET_KEY"),
        description="Signs access tokens, 32 characters at least. Unset: made and kept in the data folder.",
    )
    jwt_previous_secret_keys: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=_named("JWT_PREVIOUS_SECRET_KEYS"),
        description="Former JWT_SECRET_KEYs, by commas, whose tokens are still taken.",
    )
    encryption_key: SecretStr | None = Field(
        default=None,
        validation_alias=_named("ENCRYPTION_KEY"),
        description="Encrypts secrets: 32 bytes in base64. Unset: made and kept in the data folder.",
    )
    encryption_previous_keys: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=_named("ENCRYPTION_PREVIOUS_KEYS"),
        description="Former ENCRYPTION_KEYs, by commas, whose secrets are still read.",
    )
    jwt_algorithm: Literal["HS256", "HS384", "HS512"] = Field(
        default="HS256",
        validation_alias=_named("JWT_ALGORITHM"),
        description="The one algorithm that signs and checks access tokens.",
    )
    access_token_minutes: int = Field(
        default=30,
        ge=1,
        le=1440,
        validation_alias=_named("ACCESS_TOKEN_EXPIRE_MINUTES"),
        description="Minutes that an access token is good for.",
    )
    refresh_token_minutes: int = Field(
        default=43200,
        ge=5,
        le=525600,
        validation_alias=_named("REFRESH_TOKEN_EXPIRE_MINUTES"),
        description="Minutes after its last use at which a session ends.",
    )
    password_min_length: int = Field(
        default=12,
        ge=8,
        le=128,
        validation_alias=_named("PASSWORD_MIN_LENGTH"),
        description="Characters that a password needs at least.",
    )
    password_require_uppercase: bool = Field(
        default=False,
        validation_alias=_named("PASSWORD_REQUIRE_UPPERCASE"),
        description="true: a password needs a capital letter.",
    )
    password_require_lowercase: bool = Field(
        default=False,
        validation_alias=_named("PASSWORD_REQUIRE_LOWERCASE"),
        description="true: a password needs a small letter.",
    )
    password_require_digit: bool = Field(
        default=False,
        validation_alias=_named("PASSWORD_REQUIRE_DIGIT"),
        description="true: a password needs a digit.",
    )
    password_require_symbol: bool = Field(
        default=False,
        validation_alias=_named("PASSWORD_REQUIRE_SYMBOL"),
        description="true: a password needs a character that is neither letter nor digit.",
    )
    login_attempts_per_account: int = Field(
        default=5,
        ge=1,
        le=1000,
        validation_alias=_named("LOGIN_ATTEMPTS_PER_ACCOUNT"),
        description="Failed logins of one account within LOGIN_WINDOW_MINUTES, after which it must wait.",
    )
    login_attempts_per_address: int = Field(
        default=30,
        ge=1,
        le=100000,
        validation_alias=_named("LOGIN_ATTEMPTS_PER_ADDRESS"),
        description="Failed logins from one address within LOGIN_WINDOW_MINUTES, after which it must wait.",
    )
    login_window_minutes: int = Field(
        default=15,
        ge=1,
        le=1440,
        validation_alias=_named("LOGIN_WINDOW_MINUTES"),
        description="Minutes for which a failed login counts.",
    )
    admin_username: str = Field(
        default="admin",
        pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$",
        validation_alias=_named("ADMIN_USERNAME"),
        description="Name of the first admin, made at the first start with login.",
    )
    admin_password: SecretStr | None = Field(
        default=None,
        validation_alias=_named("ADMIN_PASSWORD"),
        description="Password of the first admin. Unset: one is made and printed once.",
    )
    token_max_days: int = Field(
        default=365,
        ge=1,
        le=3650,
        validation_alias=_named("TOKEN_MAX_DAYS"),
        description="Days after which any new API token expires at the latest.",
    )
    audit_retention_days: int = Field(
        default=365,
        ge=30,
        le=36500,
        validation_alias=_named("AUDIT_RETENTION_DAYS"),
        description="Days that the audit log is kept, 30 at least.",
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
    dbt_executables_allowed: str = Field(
        default="",
        validation_alias=_named("DBT_EXECUTABLES_ALLOWED"),
        description="Folders, by commas, below which an environment may name its own dbt. Unset: none may.",
    )
    run_retention_days: int = Field(
        default=365,
        ge=1,
        le=36500,
        validation_alias=_named("RUN_RETENTION_DAYS"),
        description="Days that logs and folders of runs are kept, where an environment says nothing else.",
    )

    artifact_upload_max_mb: int = Field(
        default=2048,
        ge=1,
        le=102400,
        validation_alias=_named("ARTIFACT_UPLOAD_MAX_MB"),
        description="Megabytes that an upload of artifacts, or a drop in a folder or bucket, may have.",
    )
    artifact_unpacked_max_mb: int = Field(
        default=4096,
        ge=1,
        le=102400,
        validation_alias=_named("ARTIFACT_UNPACKED_MAX_MB"),
        description="Megabytes that the artifacts in an archive may have once they are unpacked.",
    )
    artifact_polling_interval: int = Field(
        default=10,
        ge=1,
        le=86400,
        validation_alias=_named("ARTIFACT_POLLING_INTERVAL"),
        description="Seconds between two looks at drop folders, buckets and waiting drops.",
    )
    artifact_drop_url: SecretStr | None = Field(
        default=None,
        validation_alias=_named("ARTIFACT_DROP_URL"),
        description="Bucket in which drops are looked for: a URL of fsspec, s3://bucket/dbt/{workspace}.",
    )

    allow_metadata_edits: bool = Field(
        default=True,
        validation_alias=_named("ALLOW_METADATA_EDITS"),
        description="Whether owner, description, tags and metadata can be changed in the catalog.",
    )
    max_artifact_versions: int = Field(
        default=1000,
        ge=2,
        le=1000000,
        validation_alias=_named("MAX_ARTIFACT_VERSIONS"),
        description="Snapshots of the catalog that are kept of each environment.",
    )
    max_concurrent_runs: int = Field(
        default=10,
        ge=1,
        le=1000,
        validation_alias=_named("MAX_CONCURRENT_RUNS"),
        description="Runs that go on at once; the others wait in the queue.",
    )
    max_concurrent_runs_per_workspace: int = Field(
        default=6,
        ge=1,
        le=1000,
        validation_alias=_named("MAX_CONCURRENT_RUNS_PER_WORKSPACE"),
        description="Runs of one workspace that go on at once.",
    )
    scheduler_default_timezone: str = Field(
        default="UTC",
        validation_alias=_named("SCHEDULER_DEFAULT_TIMEZONE"),
        description="Timezone of schedules that name none: a name of the tz database, such as Europe/Berlin.",
    )
    artifact_retention_days: int = Field(
        default=365,
        ge=1,
        le=36500,
        validation_alias=_named("ARTIFACT_RETENTION_DAYS"),
        description="Days that snapshots of the catalog and brought files are kept; current ones always are.",
    )

    notifications_base_url: str = Field(
        default="",
        validation_alias=_named("NOTIFICATIONS_BASE_URL"),
        description="Address under which people open the web app; links in notifications begin with it.",
    )
    notifications_smtp_host: str = Field(
        default="",
        validation_alias=_named("NOTIFICATIONS_SMTP_HOST"),
        description="Mail server of channels that name only recipients. Unset: such channels cannot be made.",
    )
    notifications_smtp_port: int = Field(
        default=587,
        ge=1,
        le=65535,
        validation_alias=_named("NOTIFICATIONS_SMTP_PORT"),
        description="Port of the mail server.",
    )
    notifications_smtp_security: Literal["starttls", "ssl", "none"] = Field(
        default="starttls",
        validation_alias=_named("NOTIFICATIONS_SMTP_SECURITY"),
        description="How the connection to the mail server is encrypted.",
    )
    notifications_smtp_user: str = Field(
        default="",
        validation_alias=_named("NOTIFICATIONS_SMTP_USER"),
        description="User at the mail server. Unset: nobody logs in there.",
    )
    notifications_smtp_password: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=_named("NOTIFICATIONS_SMTP_PASSWORD"),
        description="Password at the mail server.",
    )
    notifications_smtp_from: str = Field(
        default="",
        validation_alias=_named("NOTIFICATIONS_SMTP_FROM"),
        description="Address that mails come from; needed with NOTIFICATIONS_SMTP_HOST.",
    )
    notifications_timeout_seconds: int = Field(
        default=20,
        ge=1,
        le=40,
        validation_alias=_named("NOTIFICATIONS_TIMEOUT_SECONDS"),
        description="Seconds that one attempt to deliver a notification may take altogether.",
    )
    notifications_retry_seconds: int = Field(
        default=30,
        ge=1,
        le=3600,
        validation_alias=_named("NOTIFICATIONS_RETRY_SECONDS"),
        description="Seconds before the second of five attempts to deliver; each wait is twice the last.",
    )
    notifications_local_receivers: bool = Field(
        default=False,
        validation_alias=_named("NOTIFICATIONS_LOCAL_RECEIVERS"),
        description="true: with login, too, channels may lead to this machine, and what listens there.",
    )
    notification_retention_days: int = Field(
        default=90,
        ge=1,
        le=36500,
        validation_alias=_named("NOTIFICATION_RETENTION_DAYS"),
        description="Days that the log of notifications is kept.",
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

    @field_validator(
        "database_owner_url",
        "jwt_secret_key",
        "encryption_key",
        "admin_password",
        "artifact_drop_url",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        """So that `workbench up` can say "none" to the API, whatever a `.env` file says there."""
        return None if value == "" else value

    @field_validator("database_owner_url")
    @classmethod
    def _owner_must_be_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            cls._must_be_postgres(value.get_secret_value())
        return value

    @field_validator("jwt_secret_key")
    @classmethod
    def _not_guessable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _check_key(value.get_secret_value())
        return value

    @field_validator("jwt_previous_secret_keys")
    @classmethod
    def _none_guessable(cls, value: SecretStr) -> SecretStr:
        for key in _listed(value.get_secret_value()):
            _check_key(key)
        return value

    @field_validator("encryption_key", "encryption_previous_keys")
    @classmethod
    def _keys_of_fernet(cls, value: SecretStr | None) -> SecretStr | None:
        for key in _listed(value.get_secret_value()) if value else []:
            _check_encryption_key(key)
        return value

    @field_validator("dbt_executables_allowed")
    @classmethod
    def _absolute_folders(cls, value: str) -> str:
        for folder in _listed(value):
            if not Path(folder).is_absolute() or Path(folder) == Path("/"):
                msg = f"{folder!r} is not the absolute path of a folder, such as /opt/dbt"
                raise ValueError(msg)
        return value

    @field_validator("artifact_drop_url")
    @classmethod
    def _one_place_each(cls, value: SecretStr | None) -> SecretStr | None:
        url = value.get_secret_value() if value else None
        if url is not None and ("://" not in url or "{workspace}" not in url):
            # The address may hold a password: it is not repeated here.
            msg = "must be a URL that holds {workspace}, such as s3://bucket/dbt/{workspace}"
            raise ValueError(msg)
        return value

    @field_validator("notifications_base_url")
    @classmethod
    def _must_be_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment
        ):
            msg = f"{value!r} is not an address such as https://dbt.example.org"
            raise ValueError(msg)
        return value.rstrip("/")

    @field_validator("scheduler_default_timezone")
    @classmethod
    def _must_be_a_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            msg = f"{value!r} is not a name of the tz database, such as Europe/Berlin or UTC"
            raise ValueError(msg)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _not_everybody(cls, value: str) -> str:
        for proxy in _listed(value):
            if proxy == "*" or proxy.endswith("/0"):
                msg = f"{proxy!r} would believe everybody: they could choose the address that is noted"
                raise ValueError(msg)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _must_be_origins(cls, value: str) -> str:
        for origin in _listed(value):
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or "*" in origin:
                msg = f"{origin!r} is not an origin such as https://tools.example.org"
                raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _mails_come_from_somebody(self) -> Self:
        if self.notifications_smtp_host and "@" not in self.notifications_smtp_from:
            msg = "NOTIFICATIONS_SMTP_FROM: must be a mail address when NOTIFICATIONS_SMTP_HOST is set"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _closed_to_the_network(self) -> Self:
        if not (self.auth_enabled or self.is_loopback or self.open_without_login):
            msg = (
                f"WORKBENCH_HOST: {self.host} is open to the network and nobody has to log in; "
                "set AUTH_ENABLED=true, or WORKBENCH_OPEN_WITHOUT_LOGIN=true if that is wanted"
            )
            raise ValueError(msg)
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the API."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def cors_origin_list(self) -> list[str]:
        """Origins whose pages may ask the API."""
        return _listed(self.cors_origins)

    @property
    def previous_keys(self) -> list[str]:
        """Keys that signed tokens before the present one."""
        return _listed(self.jwt_previous_secret_keys.get_secret_value())

    @property
    def previous_encryption_keys(self) -> list[str]:
        """Keys that encrypted secrets before the present one."""
        return _listed(self.encryption_previous_keys.get_secret_value())

    @property
    def dbt_folders_allowed(self) -> list[Path]:
        """Folders below which an environment may name its own dbt."""
        return [Path(folder) for folder in _listed(self.dbt_executables_allowed)]

    @property
    def dbt_env_names(self) -> tuple[str, ...]:
        """Further variables that dbt may see."""
        return tuple(_listed(self.dbt_env))


SHORTEST_KEY = 32
ENCRYPTION_KEY_BYTES = 32


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _check_key(key: str) -> None:
    if len(key) < SHORTEST_KEY or len(set(key)) < SHORTEST_KEY // 4:
        msg = f"needs {SHORTEST_KEY} characters at least, drawn at random: openssl rand -base64 48"
        raise ValueError(msg)


def _check_encryption_key(key: str) -> None:
    try:
        size = len(base64.b64decode(key.replace("-", "+").replace("_", "/"), validate=True))
    except binascii.Error:
        size = 0
    if size != ENCRYPTION_KEY_BYTES or len(set(key)) < SHORTEST_KEY // 4:
        msg = f"must be {ENCRYPTION_KEY_BYTES} random bytes in base64: openssl rand -base64 32"
        raise ValueError(msg)


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
    return OTHER_KNOWN | OF_COMMANDS | {variable_of(field) for field in Settings.model_fields}


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
