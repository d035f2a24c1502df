"""The environment of every child: composed by name, so that nothing else of ours leaks into it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.kit.settings import OTHER_KNOWN, Settings
from core.runs.dbt_process import BASE_VARIABLES
from deploy.local.checks import HOST
from deploy.local.database import dagster_url
from deploy.local.layout import DataFolder
from deploy.local.postgres import DEMO, DEMO_DATABASE, PORT, Access

INHERITED = BASE_VARIABLES - {"PATH"}
INHERITED_PREFIXES = ("LC_", "DBT_")
DAGSTER_PATH = "/dagster"


@dataclass(frozen=True)
class Addresses:
    """Where the parts of this start find each other."""

    database_url: str
    webserver_port: int
    postgres: Access | None = None

    @property
    def webserver(self) -> str:
        """The address of dagster-webserver, with its path prefix."""
        return f"http://{HOST}:{self.webserver_port}{DAGSTER_PATH}"


def child_environment(
    settings: Settings, data: DataFolder, addresses: Addresses, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What every child sees: a small base of the user's environment, dbt's variables, and our settings."""
    source = os.environ if environ is None else environ
    return {
        **_inherited(settings, source),
        **_fixed(source),
        **_settings(settings, data),
        **_demo(addresses.postgres),
        "DATABASE_URL": addresses.database_url,
        "DAGSTER_POSTGRES_URL": dagster_url(addresses.database_url),
        "DAGSTER_HOME": str(data.dagster_home),
        "WORKBENCH_DAGSTER_URL": addresses.webserver,
        "WORKBENCH_CODE_SOCKET": str(data.code_socket),
    }


def _inherited(settings: Settings, source: Mapping[str, str]) -> dict[str, str]:
    named = INHERITED | OTHER_KNOWN | set(settings.dbt_env_names)
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
    }


def _settings(settings: Settings, data: DataFolder) -> dict[str, str]:
    """Every setting is passed on, so that a `.env` file somewhere else changes nothing."""
    return {
        "WORKBENCH_DATA": str(data.root),
        "WORKBENCH_PORT": str(settings.port),
        "WORKBENCH_LOG_LEVEL": settings.log_level,
        "WORKBENCH_DBT_ENV": settings.dbt_env,
        "AUTH_ENABLED": str(settings.auth_enabled).lower(),
    }


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
