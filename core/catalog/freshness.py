"""Taking over what `dbt source freshness` answered."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.catalog import health
from core.catalog.models import FreshnessAnswer, SourceFreshness
from core.catalog.reading import Reading
from core.catalog.values import Freshness
from core.kit import clock


def write_freshness(
    session: Session, reading: Reading, results: Sequence[Freshness], run_id: str | None
) -> None:
    """Take over these answers; sources that were not asked keep theirs."""
    once = {result.unique_id: result for result in results}
    rows = [_row(reading.environment_id, result, run_id) for result in once.values()]
    if rows:
        session.execute(insert(FreshnessAnswer), [_answer(row) for row in rows])
        _upsert(session, rows)
        health.refresh(session, reading, once)


def _row(environment_id: int, result: Freshness, run_id: str | None) -> dict[str, Any]:
    return {
        "environment_id": environment_id,
        "unique_id": result.unique_id,
        "status": result.status,
        "max_loaded_at": result.max_loaded_at,
        "snapshotted_at": result.snapshotted_at,
        "age_seconds": result.age_seconds,
        "message": result.message,
        "run_id": run_id,
    }


def _answer(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "at": row["snapshotted_at"] or clock.now()}


def _upsert(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Of two answers that arrive out of order, the later one stands."""
    key = ["environment_id", "unique_id"]
    statement = insert(SourceFreshness)
    upsert = statement.on_conflict_do_update(
        index_elements=key,
        set_={name: statement.excluded[name] for name in rows[0] if name not in key},
        where=sa.or_(
            SourceFreshness.snapshotted_at.is_(None),
            statement.excluded.snapshotted_at.is_(None),
            SourceFreshness.snapshotted_at <= statement.excluded.snapshotted_at,
        ),
    )
    session.connection().execute(upsert, list(rows))
