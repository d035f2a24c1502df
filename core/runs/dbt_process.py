"""How a dbt process is started: its executable, its words and the little it may see of our environment."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.kit.settings import Settings
from core.workspaces.models import Workspace
from core.workspaces.service import project_folder

# What any process of ours may inherit: where things are, who and where one is, and the way to the network.
BASE_VARIABLES = frozenset(
    [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "TMPDIR",
        "TZ",
        "LANG",
        "LANGUAGE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "SYSTEMROOT",
    ]
)
PREFIXES = ("DBT_", "LC_", "WORKBENCH_DEMO_")
DEMO_DUCKDB = "WORKBENCH_DEMO_DUCKDB"

# Whoever asks for a run may choose flags from the allow-list only. These are ours to set, or would
# silence the events and artifacts that a run is read from.
RESERVED = frozenset(
    {
        "DBT_TARGET_PATH",
        "DBT_LOG_PATH",
        "DBT_PROFILES_DIR",
        "DBT_PROJECT_DIR",
        "DBT_PROFILE",
        "DBT_TARGET",
        "DBT_LOG_FORMAT",
        "DBT_LOG_LEVEL",
        "DBT_QUIET",
        "DBT_USE_COLORS",
        "DBT_WRITE_JSON",
        "DBT_PARTIAL_PARSE_FILE_PATH",
        "DBT_SEND_ANONYMOUS_USAGE_STATS",
    }
)
# dbt 1.11 reads each of its settings under this prefix too, and prefers it.
ENGINE_PREFIX = "DBT_ENGINE_"


def dbt_executable() -> str:
    """The dbt that is installed beside this Python."""
    return str(Path(sys.executable).parent / "dbt")


def visible_environment(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What dbt may see: a small base, dbt's own variables and those that the settings name.

    The address of our database and everything else of the server stays out, so that
    `env_var()` in a project cannot read it.
    """
    source = os.environ if environ is None else environ
    named = set(settings.dbt_env_names)
    seen = {
        name: value
        for name, value in source.items()
        if not _is_reserved(name) and (name in BASE_VARIABLES or name in named or name.startswith(PREFIXES))
    }
    seen.setdefault(DEMO_DUCKDB, str(settings.data_dir / "warehouses" / "demo.duckdb"))
    return seen


def _is_reserved(name: str) -> bool:
    return name in RESERVED or name.replace(ENGINE_PREFIX, "DBT_", 1) in RESERVED


def dbt_environment(settings: Settings, workspace: Workspace, target_path: Path) -> dict[str, str]:
    """The whole environment of one dbt process; its output goes to `target_path` and nowhere else."""
    return {
        **visible_environment(settings),
        "PYTHONUNBUFFERED": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
        "DBT_LOG_FORMAT": "json",
        "DBT_TARGET_PATH": str(target_path),
        "DBT_LOG_PATH": str(target_path),
        "DBT_PROFILES_DIR": workspace.profiles_dir,
        "DBT_PROJECT_DIR": str(project_folder(workspace)),
    }


def command_line(args: Sequence[str], target: str) -> list[str]:
    """The words of a dbt process, its target last."""
    return [dbt_executable(), *args, *([] if args and args[0] == "deps" else ["--target", target])]
