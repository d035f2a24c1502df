"""A warehouse that another program writes to: the run says which, and goes on when it lets go."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from core.kit.database import Database
from core.runs.log import log_path, read_log
from core.runs.recording import NodeReport, StepContext
from core.workspaces.models import Workspace
from orchestration.defs.dbt import command
from orchestration.lib import node_writer
from orchestration.lib.node_writer import NodeWriter
from orchestration.lib.services import Services
from orchestration.lib.step import Outcome
from orchestration.lib.turn import held_by
from tests.orchestration.test_dbt_job import run_steps

HOLD = (
    "import duckdb, sys, time; kept = duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(60)"
)
SAID = 'IO Error: Could not set lock on "/x": Conflicting lock is held in /bin/python3 (PID 4711).'


def test_who_holds_the_warehouse_is_read_from_what_duckdb_says() -> None:
    assert held_by(Outcome("failed", 2, SAID)) == "/bin/python3 (process 4711)"
    assert held_by(Outcome("success", 0, SAID)) is None
    assert held_by(Outcome("failed", 1, "Database Error in model orders")) is None
    assert held_by(Outcome("failed", None, None)) is None


def let_go_once_seen(holder: subprocess.Popen[bytes], data_dir: Path) -> None:
    """End the program that holds the warehouse when a run has said that it waits for it."""
    until = time.monotonic() + 60
    logs = data_dir / "runs"
    while time.monotonic() < until:
        if any("is held by" in path.read_text() for path in logs.glob("*/log.jsonl")):
            break
        time.sleep(0.2)
    holder.kill()


def test_a_run_waits_for_another_program_and_says_for_which(
    shared: Services, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "LOCK_SECONDS", 0.5)
    warehouse = tmp_path / "tiny.duckdb"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(warehouse)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        release = threading.Thread(target=let_go_once_seen, args=(holder, shared.settings.data_dir))
        release.start()
        done, _ = run_steps(shared, workspace, [{"command": "build"}])
        release.join()
    assert done.success
    lines = [line.text for line in read_log(log_path(shared.settings.data_dir, done.run_id))]
    assert any(f"(process {holder.pid})" in line for line in lines)


class Flaky:
    """A way to write that fails at first."""

    def __init__(self, times: int, error: Exception) -> None:
        self.calls: list[list[str]] = []
        self._left, self._error = times, error

    def __call__(self, _session: object, _context: object, reports: list[NodeReport]) -> None:
        if self._left:
            self._left -= 1
            raise self._error
        self.calls.append([report.unique_id for report in reports])
        time.sleep(0.1)


def report(name: str) -> NodeReport:
    return NodeReport(name, name, "model", "running", None)


def test_reports_are_written_in_order_many_at_once_and_again_after_the_database_was_away(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    flaky = Flaky(2, OperationalError("select 1", None, Exception("gone")))
    monkeypatch.setattr(node_writer.recording, "record_nodes", flaky)
    monkeypatch.setattr(node_writer, "PAUSE_SECONDS", 0.05)
    writer = NodeWriter(db, StepContext(1, 1, "run", 1, "build"))
    for number in range(50):
        writer.put(report(str(number)))
    writer.close()
    assert [name for call in flaky.calls for name in call] == [str(number) for number in range(50)]
    assert len(flaky.calls) < 10


def test_what_cannot_be_written_is_raised_where_it_comes_from(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_writer.recording, "record_nodes", Flaky(9, ValueError("no")))
    writer = NodeWriter(db, StepContext(1, 1, "run", 1, "build"))
    writer.put(report("a"))
    with pytest.raises(ValueError, match="no"):
        writer.close()
    with pytest.raises(ValueError, match="no"):
        writer.put(report("b"))
    NodeWriter(db, StepContext(1, 1, "run", 1, "build")).close()
