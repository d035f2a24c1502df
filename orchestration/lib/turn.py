"""Whose turn it is at a warehouse that takes one writer, among our runs and beside other programs."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from core.runs.log import LogWriter
from core.runs.warehouses import warehouse_of, writing
from orchestration.lib.step import Outcome, Place

LOCK_ATTEMPTS: Final = 12
LOCK_SECONDS: Final = 5.0
# What DuckDB says (2.0); it names the program and its process.
_HELD: Final = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")


@contextmanager
def own_turn(place: Place, log: LogWriter) -> Generator[None]:
    """Wait until no other run of ours writes to the warehouse; the log says for whom."""
    warehouse = warehouse_of(place.workspace.key, place.environment.adapter_type)
    if warehouse is None:
        yield
        return

    def busy(run_id: str | None) -> None:
        who = f"run {run_id}" if run_id else "another run"
        log.write(f"The warehouse is busy with {who}: waiting for its end.", step=1, event="WarehouseBusy")

    with writing(place.services.db, warehouse, place.run_id, busy):
        yield


def held_by(outcome: Outcome) -> str | None:
    """The program that keeps dbt from the warehouse, if that is why a step failed."""
    found = _HELD.search(outcome.message or "") if outcome.status == "failed" else None
    return f"{found['program']} (process {found['pid']})" if found else None
