"""After a large ingest PostgreSQL should know what tables look like; on its own it does so minutes later."""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from core.catalog.ingest.ports import Changes
from core.kit.bulk import MANY
from core.kit.database import SCHEMA, Database

TABLES: Final = ("nodes", "lineage", "node_health", "node_results", "node_search", "node_versions")


def after_ingest(db: Database, changes: Changes) -> None:
    """Gather statistics of the catalog's tables, when much was written."""
    gather(db, TABLES, len(changes.touched) + changes.removed)


def gather(db: Database, names: Iterable[str], written: int) -> None:
    """Gather statistics and mark pages as visible to all, when much was written into these tables.

    A role that may not (before PostgreSQL 17 only the owner may) leaves it to the server.
    """
    if written < MANY:
        return
    tables = ", ".join(f"{SCHEMA}.{table}" for table in names)
    try:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text(f"vacuum (analyze, skip_locked) {tables}"))
    except SQLAlchemyError:
        return
