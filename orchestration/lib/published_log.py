"""The log of a run, handed to Dagster's compute log manager too: so a machine without our disk reads it.

In parts: what was written since the last one, some seconds apart. A part is written once and never again, so
that a log of a million lines is carried once and not once for each look at it (docs/decisions/0012).
"""

import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dagster import DagsterInstance
from dagster._core.storage.compute_log_manager import ComputeIOType, ComputeLogManager
from dagster._core.storage.local_compute_log_manager import IO_TYPE_EXTENSION, LocalComputeLogManager
from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager

from core.runs.log_index import whole_lines
from core.runs.log_mirror import part_key

EVERY_SECONDS: Final = 2.0
# Dagster's page and its API read no more than a megabyte at once.
PART_BYTES: Final = 512 * 1024
log = logging.getLogger("workbench.runs.published_log")


@contextmanager
def publishing(instance: DagsterInstance, run_id: str, path: Path) -> Generator[None]:
    """Carry the log along until the end of the block, and to its end then.

    Managers that keep their files on this machine's disk carry nothing: whoever reads that reads ours.
    """
    manager: ComputeLogManager[Any] = instance.compute_log_manager
    if isinstance(manager, LocalComputeLogManager | NoOpComputeLogManager):
        yield
        return
    published = PublishedLog(manager, run_id, path)
    stop = threading.Event()
    thread = threading.Thread(target=_carry, args=(published, stop), name="published-log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        published.publish()


def _carry(published: "PublishedLog", stop: threading.Event) -> None:
    while not stop.wait(EVERY_SECONDS):
        published.publish()


class PublishedLog:
    """How far a log was handed on."""

    def __init__(self, manager: ComputeLogManager[Any], run_id: str, path: Path) -> None:
        self._manager = manager
        self._run_id = run_id
        self._path = path
        self._parts = 0
        self._offset = 0

    def publish(self) -> None:
        """Hand on what is new. A manager that does not take it is asked again the next time."""
        try:
            while part := self._next():
                if not self._write(part_key(self._run_id, self._parts + 1), part):
                    return
                self._parts += 1
                self._offset += len(part)
        except Exception:
            log.warning("the log of run %s could not be handed on", self._run_id, exc_info=True)

    def _write(self, key: list[str], part: bytes) -> bool:
        """Whether the manager took it."""
        local: Any = getattr(self._manager, "local_manager", None)
        if isinstance(local, LocalComputeLogManager):
            # It appends: what an earlier try left there would be in the part twice.
            extension = IO_TYPE_EXTENSION[ComputeIOType.STDOUT]
            Path(local.get_captured_local_path(key, extension)).unlink(missing_ok=True)
        with self._manager.open_log_stream(key, ComputeIOType.STDOUT) as out:
            text: Any = out  # a file of text, whatever its type says
            if text is not None:
                text.write(part.decode("utf-8", "replace"))
            return text is not None

    def _next(self) -> bytes:
        """The whole lines that follow, up to the size of a part."""
        if not self._path.exists():
            return b""
        lines: list[bytes] = []
        size = 0
        with self._path.open("rb") as file:
            for raw in whole_lines(file, self._offset):
                if lines and size + len(raw) > PART_BYTES:
                    break
                lines.append(raw)
                size += len(raw)
        return b"".join(lines)
