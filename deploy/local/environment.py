"""The environment of every child: composed by name, so that nothing else of ours leaks into it.

Secrets are never on a command line, where `ps` shows them to everybody, and each goes only to the process
that cannot do without it.
"""

import os
import sys
from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from core.kit.settings import OTHER_KNOWN, Settings, variable_of
from core.runs.dbt_process import BASE_VARIABLES
from deploy.local.checks import HOST
from deploy.local.database import dagster_url, user_of
from deploy.local.layout import DataFolder
from deploy.local.postgres import DEMO, DEMO_DATABASE, OWNER, PORT, Access

INHERITED = BASE_VARIABLES - {"PATH"}
# FSSPEC_...: credentials of the bucket of drops, see `ARTIFACT_DROP_URL`. dbt does not see them.
INHERITED_PREFIXES = ("LC_", "DBT_", "FSSPEC_")
DAGSTER_PATH = "/dagster"

# Not passed on: the owner's address is for migrations, the first admin's password for making that admin, and
# both happen in the supervisor itself. What signs access tokens is the API's alone.
OF_THE_SUPERVISOR: Final = frozenset({"database_owner_url", "admin_password"})
OF_THE_API: Final = frozenset({"jwt_secret_key", "jwt_previous_secret_keys"})
# The API encrypts with them, whatever starts dbt decrypts; both send mails. dbt itself never sees any.
OF_SERVICES: Final = frozenset({"encryption_key", "encryption_previous_keys", "notifications_smtp_password"})
SECRETS: Final = OF_THE_SUPERVISOR | OF_THE_API
# Said by this start, not by the settings.
COMPOSED: Final = frozenset({"database_url", "data_dir", "dagster_url", "code_socket", "run_socket"})

# Of gRPC, in bytes: as much as it can say.
LARGEST_MESSAGE = str(2**31 - 1)


@dataclass(frozen=True)
class Addresses:
    """Where the parts of this start find each other.

    `database_url` is what services use; `owner_url` is for those that make tables, and the same where one
    role does both.
    """

    database_url: str
    owner_url: str
    webserver_port: int
    postgres: Access | None = None

    @property
    def app_role(self) -> str | None:
        """The role of the services, which migrations let in; None when it is the owner itself."""
        app, owner = user_of(self.database_url), user_of(self.owner_url)
        return None if app == owner else app

    @property
    def webserver(self) -> str:
        """The address of dagster-webserver, with its path prefix."""
        return f"http://{HOST}:{self.webserver_port}{DAGSTER_PATH}"


def embedded_addresses(access: Access, webserver_port: int) -> Addresses:
    """With the embedded PostgreSQL."""
    return Addresses(access.url(), access.url(OWNER), webserver_port, access)


def own_addresses(settings: Settings, database_url: str, webserver_port: int) -> Addresses:
    """With a server of the user's own."""
    owner = settings.database_owner_url
    return Addresses(database_url, owner.get_secret_value() if owner else database_url, webserver_port)


def child_environment(
    settings: Settings, data: DataFolder, addresses: Addresses, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What every child sees: a small base of the user's environment, dbt's variables, and our settings."""
    source = os.environ if environ is None else environ
    return {
        **_inherited(settings, source),
        **_fixed(source),
        **_settings(settings, set(Settings.model_fields) - SECRETS - COMPOSED),
        **_demo(addresses.postgres),
        "WORKBENCH_DATA": str(data.root),
        "DATABASE_URL": addresses.database_url,
        "DAGSTER_POSTGRES_URL": dagster_url(addresses.database_url),
        "DAGSTER_HOME": str(data.dagster_home),
        "WORKBENCH_DAGSTER_URL": addresses.webserver,
        "WORKBENCH_CODE_SOCKET": str(data.code_socket),
        "WORKBENCH_RUN_SOCKET": str(data.run_socket),
    }


def api_environment(base: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The API also signs and checks access tokens."""
    return {**base, **_settings(settings, OF_THE_API)}


def tables_environment(base: Mapping[str, str], addresses: Addresses) -> dict[str, str]:
    """Whoever makes Dagster's tables does so as their owner."""
    return {**base, "DAGSTER_POSTGRES_URL": dagster_url(addresses.owner_url)}


def forget_secrets(environ: MutableMapping[str, str] | None = None) -> None:
    """Take them out of this process's environment once they are read: what it starts itself inherits it.

    That is PostgreSQL and the guard; the environment of services is composed.
    """
    for field in SECRETS | OF_SERVICES:
        (os.environ if environ is None else environ).pop(variable_of(field), None)


def _inherited(settings: Settings, source: Mapping[str, str]) -> dict[str, str]:
    secrets = {variable_of(field) for field in SECRETS | OF_SERVICES}
    named = (INHERITED | OTHER_KNOWN | set(settings.dbt_env_names)) - secrets
    return {
        name: value for name, value in source.items() if name in named or name.startswith(INHERITED_PREFIXES)
    }


def _fixed(source: Mapping[str, str]) -> dict[str, str]:
    tools = str(Path(sys.executable).parent)
    return {
        "PATH": f"{tools}{os.pathsep}{source.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "DO_NOT_TRACK": "1",
        "DAGSTER_DISABLE_TELEMETRY": "1",
        # A large drop is copied while the sensor looks; the default is a minute.
        "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": "600",
        # All definitions are one message: more than the 100 MB that Dagster allows, with ten large projects.
        "DAGSTER_GRPC_MAX_RX_BYTES": LARGEST_MESSAGE,
        "DAGSTER_GRPC_MAX_SEND_BYTES": LARGEST_MESSAGE,
    }


def _settings(settings: Settings, fields: Collection[str]) -> dict[str, str]:
    """Settings by name, so that a `.env` file somewhere else changes nothing."""
    return {variable_of(field): _spelled(getattr(settings, field)) for field in sorted(fields)}


def _spelled(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _demo(postgres: Access | None) -> dict[str, str]:
    if postgres is None:
        return {}
    return {
        "WORKBENCH_DEMO_PG_HOST": postgres.socket_folder,
        "WORKBENCH_DEMO_PG_PORT": str(PORT),
        "WORKBENCH_DEMO_PG_USER": DEMO,
        "WORKBENCH_DEMO_PG_PASSWORD": postgres.passwords[DEMO],
        "WORKBENCH_DEMO_PG_DBNAME": DEMO_DATABASE,
    }
