"""The log of a run: one JSON line per line, numbered from 1, in the run's own folder."""

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from core.kit import clock
from core.runs.log_index import Block, LogIndex, encode_block, index_path, load_index
from core.runs.log_line import LEVELS, LogLine, encode_line, log_path, run_folder
from core.runs.log_reading import LogTail, read_log

__all__ = ["LEVELS", "LogLine", "LogTail", "LogWriter", "log_path", "read_log", "run_folder"]

# Kept free for the last words of a log whose disk is full.
RESERVE: Final = 8192
LINES_LOST: Final = "LinesLost"
log = logging.getLogger("workbench.runs.log")


class LogWriter:
    """Appends lines; goes on counting where an earlier writer stopped.

    A line that cannot be written (the disk is full, say) holds up nobody: how many are lost is written as
    soon as there is room, and at the end in any case. Whole lines go to the system at once, so that a writer
    that is killed loses none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._index = LogIndex()
        self._lost = 0
        self._reason = ""
        self._is_indexed = True
        self._ready()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._reserve.unlink()
        if self._lost and not (self._ready() and self._told()):
            log.error("%d lines of %s are lost: %s", self._lost, self._path, self._reason)
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def write(
        self, text: str, *, step: int, level: str = "info", event: str = "text", unique_id: str | None = None
    ) -> None:
        """Append one line of text."""
        self._append(clock.now().isoformat(), level, event, step, unique_id, text)

    def write_event(self, raw: Mapping[str, Any], *, step: int) -> None:
        """Append one structured event of dbt."""
        info: Mapping[str, Any] = raw.get("info") or {}
        data: Mapping[str, Any] = raw.get("data") or {}
        node: Mapping[str, Any] = data.get("node_info") or {}
        level = str(info.get("level", "info"))
        self._append(
            str(info.get("ts") or clock.now().isoformat()),
            level if level in LEVELS else "info",
            str(info.get("name", "text")),
            step,
            node.get("unique_id"),
            str(info.get("msg", "")),
        )

    def _append(self, at: str, level: str, event: str, step: int, unique_id: str | None, text: str) -> None:
        ready = self._ready() and (not self._lost or self._told())
        if not (ready and self._put(LogLine(self._index.lines + 1, at, level, event, step, unique_id, text))):
            if not self._lost:
                log.error("the log %s cannot be written: %s", self._path, self._reason)
            self._lost += 1

    def _told(self) -> bool:
        """Say in the log itself how many lines are missing here."""
        said = f"{self._lost} lines are missing here: they could not be written ({self._reason})."
        at = clock.now().isoformat()
        if not self._put(LogLine(self._index.lines + 1, at, "error", LINES_LOST, 0, None, said)):
            return False
        self._lost = 0
        return True

    def _put(self, line: LogLine) -> bool:
        """Write a line whole, or not at all."""
        raw = encode_line(line)
        try:
            self._write(raw)
        except OSError as error:
            self._reason = error.strerror or str(error)
            self._undo()
            return False
        block = self._index.add(line, len(raw))
        if block is not None:
            self._write_block(block)
        return True

    def _write(self, raw: bytes) -> None:
        assert self._file is not None  # noqa: S101 - see `_ready`
        left = memoryview(raw)
        while left:
            left = left[os.write(self._file, left) :]

    def _undo(self) -> None:
        """Take back what was written of a line; readers see only lines that have their end."""
        try:
            assert self._file is not None  # noqa: S101 - see `_ready`
            os.ftruncate(self._file, self._index.end)
        except OSError:
            self._close()  # whoever opens it again ends the torn line

    def _write_block(self, block: Block) -> None:
        """Readers without an index read more; that is all that is lost with it."""
        if not self._is_indexed:
            return
        try:
            with index_path(self._path).open("ab") as file:
                file.write(encode_block(block))
        except OSError:
            self._is_indexed = False

    @property
    def _reserve(self) -> Path:
        return self._path.with_name(f"{self._path.name}.reserve")

    def _ready(self) -> bool:
        """Whether there is a file to write to."""
        if self._file is not None:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            self._take_up()
        except OSError as error:
            self._reason = error.strerror or str(error)
            self._close()
            return False
        with suppress(OSError):
            self._reserve.write_bytes(b"\0" * RESERVE)
        return True

    def _take_up(self) -> None:
        """Count what earlier writers wrote; a line that the last one did not end is ended here."""
        with self._path.open("rb") as file:
            self._index = load_index(self._path, file)
            self._index.read_on(file)
            file.seek(self._index.end)
            torn = file.read()
        if torn:
            self._write(b"\n")
            self._index.add_raw(torn + b"\n")
        self._write_index()

    def _write_index(self) -> None:
        """The index whole: an earlier writer may have left more of it than is true, or less."""
        try:
            if self._index.blocks or index_path(self._path).exists():
                index_path(self._path).write_bytes(b"".join(map(encode_block, self._index.blocks)))
        except OSError:
            self._is_indexed = False
