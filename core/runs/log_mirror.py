"""The log of a run whose worker has another disk: carried over by the orchestrator, part by part."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from core.kit.errors import WorkbenchError
from core.runs.log_line import log_path

# Parts of one run are asked for no more often.
ASK_SECONDS: Final = 1.0
PARTS_AT_ONCE: Final = 200

ReadPart = Callable[[list[str]], str | None]


def part_key(run_id: str, number: int) -> list[str]:
    """The name of a part of a run's log at Dagster's compute log manager."""
    return [run_id, "workbench_log", f"{number:06d}"]


class LogMirror:
    """Where the logs of runs are read: on this disk, or in a copy of what the orchestrator holds of them.

    `read_part` gives the text of a part, or None while it is not there.
    """

    def __init__(self, data_dir: Path, read_part: ReadPart) -> None:
        self._data_dir = data_dir
        self._read_part = read_part
        self._lock = threading.Lock()
        self._asked: dict[str, float] = {}

    def path_of(self, run_id: str) -> Path:
        """The file to read now. Another one may be right later: a run that waits has not begun its own."""
        own = log_path(self._data_dir, run_id)
        if own.exists():
            return own
        copy = self._data_dir / "cache" / "logs" / run_id / own.name
        with self._lock:
            now = time.monotonic()
            if now - self._asked.get(run_id, -ASK_SECONDS) >= ASK_SECONDS:
                self._asked[run_id] = now
                self._carry(run_id, copy)
        return copy

    def _carry(self, run_id: str, copy: Path) -> None:
        """Append the parts that came since; one that was half written here is written again."""
        count = copy.with_name("parts")
        parts, length = _progress(count)
        try:
            for _ in range(PARTS_AT_ONCE):
                text = self._read_part(part_key(run_id, parts + 1))
                if not text:
                    break
                copy.parent.mkdir(parents=True, exist_ok=True)
                with copy.open("ab") as file:
                    file.truncate(length)
                    file.write(text.encode("utf-8", "replace"))
                    length = file.tell()
                parts += 1
                count.write_text(f"{parts} {length}")
        except (WorkbenchError, OSError):
            # What is here is shown; the next reader asks again.
            return


def _progress(count: Path) -> tuple[int, int]:
    try:
        parts, length = count.read_text().split()
        return int(parts), int(length)
    except (OSError, ValueError):
        return 0, 0
