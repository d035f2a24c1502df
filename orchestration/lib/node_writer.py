"""Writing what becomes of nodes while dbt goes on."""

import time
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from sqlalchemy.exc import OperationalError

from core.kit.database import Database
from core.runs import recording
from core.runs.recording import NodeReport, StepContext

# PostgreSQL may be started again in the middle of a run.
PATIENCE_SECONDS: Final = 30.0
PAUSE_SECONDS: Final = 0.5
# Between two writes, each of which works out the health of what the nodes are read by.
EVERY_SECONDS: Final = 0.5


class NodeWriter:
    """Writes reports of nodes from a thread: the first at once, then all that came up in half a second.

    A transaction for each would take longer than dbt takes for a test, and from dbt's own processor time.
    """

    def __init__(self, db: Database, context: StepContext) -> None:
        self._db = db
        self._context = context
        self._waiting: SimpleQueue[NodeReport | None] = SimpleQueue()
        self._error: BaseException | None = None
        self._thread: Thread | None = None

    def put(self, report: NodeReport) -> None:
        """Have it written, later reports of a node over earlier ones.

        Raises:
            Exception: earlier reports could not be written.
        """
        if self._error is not None:
            raise self._error
        if self._thread is None:
            self._thread = Thread(target=self._run, daemon=True)
            self._thread.start()
        self._waiting.put(report)

    def close(self) -> None:
        """Wait until everything is written.

        Raises:
            Exception: it could not be.
        """
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            write_at = 0.0
            while (first := self._waiting.get()) is not None:
                reports, is_last = self._more([first], write_at)
                self._write(reports)
                if is_last:
                    return
                write_at = time.monotonic() + EVERY_SECONDS
        except BaseException as error:  # noqa: BLE001 - raised where reports come from
            self._error = error

    def _more(self, reports: list[NodeReport], until: float) -> tuple[list[NodeReport], bool]:
        """With what else comes until then, and what is there already; and whether that was the last."""
        while True:
            left = until - time.monotonic()
            try:
                report = self._waiting.get(block=left > 0, timeout=max(left, 0))
            except Empty:
                return reports, False
            if report is None:
                return reports, True
            reports.append(report)

    def _write(self, reports: list[NodeReport]) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with self._db.session() as session:
                    recording.record_nodes(session, self._context, reports)
            except OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE_SECONDS)
            else:
                return
