"""Gathers every model, and brings a database up to date."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine

from core.artifacts import models as artifacts
from core.audit import models as audit
from core.auth import models as auth
from core.catalog import models as catalog
from core.catalog.snapshots import models as snapshots
from core.environments import models as environments
from core.kit.database import SCHEMA, Base, make_engine
from core.lineage import models as lineage
from core.lineage.whole import models as lineage_layouts
from core.notifications import models as notifications
from core.runs import models as runs
from core.schedules import models as schedules
from core.workspaces import models as workspaces

MODELS = (
    artifacts,
    audit,
    auth,
    catalog,
    environments,
    lineage,
    lineage_layouts,
    notifications,
    runs,
    schedules,
    snapshots,
    workspaces,
)
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


def migrate(database_url: str, app_role: str | None = None) -> None:
    """Create the schemas if missing and run every migration that has not run yet.

    `database_url` is the address for the role that owns the tables. `app_role`, if another, is the one that
    the services use: it gets the rights that they need and no more.

    Safe to call from several processes at once: the others wait for the first.
    """
    engine = make_engine(database_url, pool_size=1)
    try:
        migrate_engine(engine, app_role=app_role)
    finally:
        engine.dispose()


def migrate_engine(engine: Engine, revision: str = "head", app_role: str | None = None) -> None:
    """As `migrate`, up to a revision, on an engine that exists."""
    with engine.begin() as connection:
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        for schema in (SCHEMA, DAGSTER_SCHEMA):
            connection.execute(sa.text(f"create schema if not exists {schema}"))
        command.upgrade(alembic_config(connection), revision)
        if app_role is not None:
            grant(connection, app_role)


def grant(connection: Connection, app_role: str) -> None:
    """Give the role of the services what it needs, also on tables that are made later.

    Rows of the audit log can be added and read, never changed: old ones go through a function of the owner.
    """
    role = connection.dialect.identifier_preparer.quote(app_role)
    for statement in (*GRANTS, *(MAINTAIN if _knows_maintain(connection) else ())):
        connection.execute(sa.text(statement.format(role=role)))


def _knows_maintain(connection: Connection) -> bool:
    """Whether gathering statistics is a right that can be given; before, it was the owner's alone."""
    return int(connection.scalar(sa.text("show server_version_num")) or 0) >= POSTGRES_17


POSTGRES_17 = 170_000
# After a large ingest the services gather statistics; the audit log is nothing that they could lock.
MAINTAIN = (
    f"grant maintain on all tables in schema {SCHEMA} to {{role}}",
    f"alter default privileges in schema {SCHEMA} grant maintain on tables to {{role}}",
    f"revoke maintain on {SCHEMA}.audit_logs from {{role}}",
)
_DML = "select, insert, update, delete"
GRANTS = (
    f"grant usage on schema {SCHEMA} to {{role}}",
    f"grant {_DML} on all tables in schema {SCHEMA} to {{role}}",
    f"grant usage, select on all sequences in schema {SCHEMA} to {{role}}",
    f"alter default privileges in schema {SCHEMA} grant {_DML} on tables to {{role}}",
    f"alter default privileges in schema {SCHEMA} grant usage, select on sequences to {{role}}",
    f"revoke insert, update, delete on {SCHEMA}.alembic_version from {{role}}",
    f"revoke update, delete, truncate on {SCHEMA}.audit_logs from {{role}}",
    f"grant execute on function {SCHEMA}.forget_audit_logs(timestamptz) to {{role}}",
    # Dagster brings its tables forward itself, as their owner; its services write all of them.
    f"grant usage on schema {DAGSTER_SCHEMA} to {{role}}",
    f"grant {_DML} on all tables in schema {DAGSTER_SCHEMA} to {{role}}",
    f"grant usage, select, update on all sequences in schema {DAGSTER_SCHEMA} to {{role}}",
    f"alter default privileges in schema {DAGSTER_SCHEMA} grant {_DML} on tables to {{role}}",
    f"alter default privileges in schema {DAGSTER_SCHEMA} grant usage, select on sequences to {{role}}",
)
