"""Statements that are put together once. PostgreSQL answers them sooner than Python would build them anew."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.reading import Reading

_WORKSPACE: Final[Any] = sa.bindparam("workspace_id", type_=sa.Integer)
_ENVIRONMENT: Final[Any] = sa.bindparam("environment_id", type_=sa.Integer)
# Stands for the present of whichever environment a statement is then asked about.
PRESENT: Final = Reading(_WORKSPACE, _ENVIRONMENT)


def ask(session: Session, reading: Reading, build: Callable[..., Any], unique_id: str) -> Any:
    """The answer to `build(reading, unique_id)`, a function of a module that makes a statement.

    Of the present the statement is made once and kept; of the past it is made each time.
    """
    if reading.is_past:
        return session.execute(build(reading, unique_id))
    values = {**of_present(reading), "unique_id": unique_id}
    return session.execute(_made(build), values)


def of_present(reading: Reading) -> dict[str, Any]:
    """What a statement about `PRESENT` has to be told."""
    return {"workspace_id": reading.workspace_id, "environment_id": reading.environment_id}


@cache
def _made(build: Callable[..., Any]) -> Any:
    return build(PRESENT, sa.bindparam("unique_id", type_=sa.Text))
