"""Typed values about what a run did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class NodeOutcome:
    """One entry of run_results.json. `started_at` and `finished_at` span the phases `compile` and `execute`.

    `failures_relation`: where the rows that fail a test are stored, if they are (`store_failures`).
    `compile_time` and `execute_time` are seconds; None where dbt did not come that far.
    `code_hash` names `compiled_code`; two runs that differ only in their moment name the same.
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
    compile_time: float | None = None
    execute_time: float | None = None
    bytes_processed: int | None = None
    compiled_code: str | None = None
    code_hash: UUID | None = None
