"""Many rows at once: COPY, and the few statements that go with it."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
import sqlalchemy as sa
from psycopg import Connection, sql
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from core.kit.database import SCHEMA, over_many_rows

# So many rows at once are a change of the whole: from here on, what follows from them is worked out for all
# rows, which is then faster than for these and their neighbours, and PostgreSQL is told at once what its
# tables look like now.
MANY: Final = 2000
_encode = msgspec.json.Encoder().encode


@contextmanager
def planned_for(session: Session, rows: int) -> Generator[None]:
    """Queries inside are about so many rows, whatever the statistics of their tables say."""
    if rows <= MANY:
        yield
        return
    with over_many_rows(session):
        yield


def as_json(value: Any) -> str:
    """A value for a JSONB column of `copy_rows`."""
    return _encode(value).decode()


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into one of our tables, in the session's transaction.

    Raises:
        DataError: a column cannot hold a value; as from any other statement of the session.
    """
    connection: Connection[Any] = session.connection().connection.driver_connection  # pyright: ignore[reportAssignmentType]
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(SCHEMA, table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    try:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.DataError as error:
        raise DataError(statement.as_string(connection), None, error) from error


def known_hashes(session: Session, table: str, workspace_id: int, hashes: Iterable[UUID]) -> set[UUID]:
    """Those of these hashes that a table of contents holds already."""
    wanted = list(hashes)
    if not wanted:
        return set()
    query = sa.text(
        f"select hash from {SCHEMA}.{table} where workspace_id = :workspace and hash = any(:hashes)"  # noqa: S608 - a name of ours
    )
    return set(session.scalars(query, {"workspace": workspace_id, "hashes": wanted}))
