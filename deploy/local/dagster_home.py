"""Dagster's home folder, and whether the tables in the database are those of what is installed."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version

import psycopg
import yaml

from core.kit.settings import Settings
from core.runs.ports import WORKSPACE_TAG
from deploy.local.layout import DAGSTER_YAML, REPOSITORY, DataFolder

MIGRATIONS = REPOSITORY / "core" / "migrations" / "versions"


def write_configuration(data: DataFolder, settings: Settings) -> None:
    """Put the repository's `dagster.yaml` where Dagster looks for it, with the limits of the settings."""
    config = yaml.safe_load(DAGSTER_YAML.read_text())
    runs = config["concurrency"]["runs"]
    runs["max_concurrent_runs"] = settings.max_concurrent_runs
    for limit in runs["tag_concurrency_limits"]:
        if limit["key"] == WORKSPACE_TAG:
            limit["limit"] = settings.max_concurrent_runs_per_workspace
    (data.dagster_home / "dagster.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def tables_are_current(data: DataFolder, owner_url: str, database_url: str) -> bool:
    """Whether what is installed has made or upgraded the tables of this very database before.

    For these very roles, too: a new one has yet to be let in.
    """
    try:
        known = json.loads(data.initialised.read_text())
    except (OSError, ValueError):
        return False
    return known == _mark(owner_url, database_url) and _tables_exist(owner_url)


def remember_tables(data: DataFolder, owner_url: str, database_url: str) -> None:
    """The tables are current from now on."""
    data.initialised.write_text(json.dumps(_mark(owner_url, database_url)))


def _tables_exist(owner_url: str) -> bool:
    with psycopg.connect(owner_url, connect_timeout=5) as connection:
        row = connection.execute("select to_regclass('dagster.daemon_heartbeats')").fetchone()
        return row is not None and row[0] is not None


def _mark(owner_url: str, database_url: str) -> Mapping[str, str]:
    return {
        "dagster": version("dagster"),
        "migrations": _digest(*sorted(path.name for path in MIGRATIONS.glob("*.py"))),
        "database": _digest(owner_url, database_url),
    }


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()
