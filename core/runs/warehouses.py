"""Warehouses that take one writer at a time: whose turn it is.

Runs that we start carry the name of such a warehouse as a tag, by which Dagster lets them wait in its queue.
What is started otherwise (in Dagster's page) waits here. Both end with their process, however it ends.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.kit.database import Database

ONE_WRITER: Final = frozenset({"duckdb"})
_LOCK: Final = 0x77726974
_LOOK_SECONDS: Final = 0.5
_NAME: Final = "workbench run "


def warehouse_of(workspace_key: str, adapter_type: str | None) -> str | None:
    """The name of the warehouse of an environment, if it takes one writer.

    Environments of one workspace often share a file, under several schemas, so they count as one.
    """
    return f"{workspace_key}/{adapter_type}" if adapter_type in ONE_WRITER else None


@contextmanager
def writing(db: Database, warehouse: str, run_id: str, busy: Callable[[str | None], None]) -> Generator[None]:
    """Be the one who writes. `busy` is told once which run it waits for, or None where nobody knows."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = sa.text("select set_config('application_name', :name, false)")
        connection.execute(name, {"name": f"{_NAME}{run_id}"[:63]})
        key = {"what": _LOCK, "which": warehouse}
        told = False
        while not connection.scalar(_TRY, key):
            if not told:
                busy(_holder(connection, key))
                told = True
            time.sleep(_LOOK_SECONDS)
        try:
            yield
        finally:
            _release(connection, key)


_TRY: Final = sa.text("select pg_try_advisory_lock(:what, hashtext(:which))")
_RELEASE: Final = sa.text("select pg_advisory_unlock(:what, hashtext(:which))")
_HOLDER: Final = sa.text(
    "select a.application_name from pg_locks l join pg_stat_activity a using (pid) "
    "where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid = :what "
    "and l.objid::int8 = (hashtext(:which)::int8 & 4294967295) "
    "and l.database = (select oid from pg_database where datname = current_database())"
)


def _release(connection: sa.Connection, key: dict[str, int | str]) -> None:
    """Let the next one write. A connection that was lost has done so already."""
    try:
        connection.execute(_RELEASE, key)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise


def _holder(connection: sa.Connection, key: dict[str, int | str]) -> str | None:
    name = connection.scalar(_HOLDER, key)
    return name.removeprefix(_NAME) if name and name.startswith(_NAME) else None
