"""Alembic's entry: always on a connection that `core.schema` opened."""

from typing import Any

from alembic import context
from sqlalchemy.engine import Connection

from core.kit.database import SCHEMA
from core.schema import METADATA


def _ours(name: str | None, type_: str, _parent: Any) -> bool:
    return type_ != "schema" or name == SCHEMA


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        include_schemas=True,
        include_name=_ours,
        version_table_schema=SCHEMA,
        compare_type=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
