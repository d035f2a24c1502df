"""Telling open pages that the catalog moved on: a notification of PostgreSQL, sent at the commit."""

from collections.abc import Iterable
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

CHANNEL: Final = "workbench_catalog"


def publish(session: Session, workspace_id: int, environment_id: int, kinds: Iterable[str]) -> None:
    """Tell of a change. `kinds`: `nodes`, `results`, `freshness`, `overrides`, `drops`."""
    wanted = sorted(kinds)
    if not wanted:
        return
    payload = {"workspace_id": workspace_id, "environment_id": environment_id, "kinds": wanted}
    session.execute(sa.select(sa.func.pg_notify(CHANNEL, msgspec.json.encode(payload).decode())))
