"""Gathers every model, and brings a database up to date."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine

from core.artifacts import models as artifacts
from core.audit import models as audit
from core.catalog import models as catalog
from core.environments import models as environments
from core.kit.database import SCHEMA, Base, make_engine
from core.runs import models as runs
from core.workspaces import models as workspaces

MODELS = (artifacts, audit, catalog, environments, runs, workspaces)
METADATA = Base.metadata
DAGSTER_SCHEMA = "dagster"

# Any fixed number: whoever holds it migrates, everyone else waits.
MIGRATION_LOCK = 7_230_119


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(database_url: str) -> None:
    """Create the schemas if missing and run every migration that has not run yet.

    Safe to call from several processes at once: the others wait for the first.
    """
    engine = make_engine(database_url, pool_size=1)
    try:
        migrate_engine(engine)
    finally:
        engine.dispose()


def migrate_engine(engine: Engine, revision: str = "head") -> None:
    """As `migrate`, up to a revision, on an engine that exists."""
    with engine.begin() as connection:
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        for schema in (SCHEMA, DAGSTER_SCHEMA):
            connection.execute(sa.text(f"create schema if not exists {schema}"))
        command.upgrade(alembic_config(connection), revision)
