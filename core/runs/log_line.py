"""A line of a run's log, and how it is written: one JSON object a line, numbered by its place from 1."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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


def encode_line(line: LogLine) -> bytes:
    """The line as it is written, its end included."""
    return (json.dumps(asdict(line), ensure_ascii=False) + "\n").encode("utf-8", "replace")


def decode_line(raw: bytes, number: int) -> LogLine:
    """The line that was written there; one torn by a crash is shown as it is rather than hidden."""
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
        torn = raw.decode(errors="replace").rstrip()
        return LogLine(number, clock.now().isoformat(), "warn", "text", 0, None, torn)
