"""The log of a run: one JSON line per line, numbered from 1, in the run's own folder."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core.kit import clock

LEVELS = ("debug", "info", "warn", "error")


@dataclass(frozen=True)
class LogLine:
    """One line; `event` is dbt's name of it (`LogModelResult`), or `text` for plain output."""

    line: int
    at: str
    level: str
    event: str
    step: int
    unique_id: str | None
    text: str


def run_folder(data_dir: Path, run_id: str) -> Path:
    """The folder of a run: its log, and a target folder per step."""
    return data_dir / "runs" / run_id


def log_path(data_dir: Path, run_id: str) -> Path:
    """The log file of a run."""
    return run_folder(data_dir, run_id) / "log.jsonl"


class LogWriter:
    """Appends lines; goes on counting where an earlier writer stopped."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._count = sum(1 for _ in read_log(path))
        self._file = path.open("a", encoding="utf-8", errors="replace", buffering=1)
        if _is_torn(path):
            self._file.write("\n")
            self._count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

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
        self._count += 1
        line = LogLine(self._count, at, level, event, step, unique_id, text)
        self._file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")


def _is_torn(path: Path) -> bool:
    """Whether the last line has no end: an earlier writer was killed while it wrote."""
    content = path.stat().st_size
    if content == 0:
        return False
    with path.open("rb") as file:
        file.seek(content - 1)
        return file.read(1) != b"\n"


def read_log(path: Path, first: int = 1) -> Iterator[LogLine]:
    """Lines from number `first` on, as far as they are written whole."""
    if not path.exists():
        return
    with path.open("rb") as file:
        yield from _whole_lines(file, first)


class LogTail:
    """Reads a log that grows, from line `first` on; each `read` gives what is new."""

    def __init__(self, path: Path, first: int = 1) -> None:
        self._path = path
        self._next = first
        self._offset = 0
        self._seen = 0

    def read(self, limit: int = 1000) -> list[LogLine]:
        """Up to `limit` lines that were written since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            return self._collect(file, limit)

    def _collect(self, file: Any, limit: int) -> list[LogLine]:
        lines: list[LogLine] = []
        while len(lines) < limit:
            raw: bytes = file.readline()
            if not raw.endswith(b"\n"):
                break
            self._offset += len(raw)
            self._seen += 1
            if self._seen >= self._next:
                lines.append(_decode(raw, self._seen))
        return lines


def _whole_lines(file: Any, first: int) -> Iterator[LogLine]:
    for number, raw in enumerate(file, start=1):
        if not raw.endswith(b"\n"):
            return
        if number >= first:
            yield _decode(raw, number)


def _decode(raw: bytes, number: int) -> LogLine:
    try:
        fields: dict[str, Any] = json.loads(raw)
        return LogLine(
            line=number,
            at=str(fields["at"]),
            level=LEVELS[LEVELS.index(fields["level"])],
            event=str(fields["event"]),
            step=int(fields["step"]),
            unique_id=fields["unique_id"],
            text=str(fields["text"]),
        )
    except (ValueError, TypeError, KeyError):
        # A line torn by a crash is shown as it is rather than hidden.
        return LogLine(
            number, clock.now().isoformat(), "warn", "text", 0, None, raw.decode(errors="replace").rstrip()
        )
