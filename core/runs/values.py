"""Typed values about what a run did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class NodeOutcome:
    """One entry of run_results.json. Times of the phases `compile` and `execute` are folded into one span.

    `failures_relation`: where the rows that fail a test are stored, if they are (`store_failures`).
    """

    unique_id: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    execution_time: float | None
    message: str | None
    failures: int | None
    rows_affected: int | None
    thread: str | None
    adapter_response: Mapping[str, Any]
    failures_relation: str | None = None
