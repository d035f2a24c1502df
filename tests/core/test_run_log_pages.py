"""Logs that are long, of a writer that is killed or whose disk is full, and what a filter lets through."""

import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.runs import log_reading
from core.runs.log import LINES_LOST, LogTail, LogWriter, log_path, read_log
from core.runs.log_index import BLOCK, index_path
from core.runs.log_reading import LogFilter, read_excerpt

EVERY = LogFilter()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return log_path(tmp_path, "run-1")


def level_of(number: int) -> str:
    return "error" if number % 2500 == 0 else "warn" if number % 500 == 0 else "info"


def node_of(number: int) -> str:
    return f"model.shop.m{number // 1500}"


def fill(path: Path, count: int) -> None:
    with LogWriter(path) as log:
        for number in range(1, count + 1):
            log.write(
                f"line {number}",
                step=1 + number // 4000,
                level=level_of(number),
                unique_id=node_of(number),
            )


class Counting(io.RawIOBase):
    """A file that counts what is read of it."""

    def __init__(self, path: Path, count: list[int]) -> None:
        self._file = path.open("rb", buffering=0)
        self._count = count

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = 0) -> int:
        return self._file.seek(place, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        got = self._file.readinto(buffer)
        self._count.append(got or 0)
        return got or 0

    def close(self) -> None:
        self._file.close()
        super().close()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes of logs were read, piece by piece."""
    count: list[int] = []
    monkeypatch.setattr(
        log_reading, "open_log", lambda path: io.BufferedReader(Counting(path, count), 1 << 16)
    )
    return count


def a_million_lines(path: Path) -> None:
    """Written as the writer does, and as it is read again, without the second that a clock costs."""
    path.parent.mkdir(parents=True)
    text = "x" * 120
    lines = (
        json.dumps(
            {
                "line": number,
                "at": "2026-01-01T00:00:00+00:00",
                "level": "info",
                "event": "text",
                "step": 1,
                "unique_id": None,
                "text": f"{number} {text}",
            }
        )
        for number in range(1, 1_000_001)
    )
    with path.open("w") as file:
        file.writelines(f"{line}\n" for line in lines)
    LogWriter(path).__exit__(None, None, None)


def test_a_page_of_a_million_lines_costs_a_page(path: Path, read: list[int]) -> None:
    a_million_lines(path)
    size = path.stat().st_size
    assert size > 200_000_000
    found = read_excerpt(path, 523_456, 500, EVERY)
    assert [line.line for line in found.lines] == list(range(523_456, 523_956))
    assert found.lines[0].text.startswith("523456 ")
    assert (found.total, found.next_line, found.levels["info"]) == (1_000_000, 523_956, 1_000_000)
    # At most the block before the page, the page, and what the buffer reads ahead.
    assert sum(read) < 1_000_000
    read.clear()
    assert [line.line for line in LogTail(path, 999_990).read()] == list(range(999_990, 1_000_001))
    assert next(read_log(path, 700_001)).line == 700_001
    assert sum(read) < 1_500_000
    read.clear()
    # No line can match: no block is looked at.
    nothing = read_excerpt(path, 1, 500, LogFilter(level="warn"))
    assert (nothing.lines, nothing.is_all, nothing.matches) == ([], True, 0)
    assert read_excerpt(path, 1, 500, LogFilter(node="model.shop.none")).is_all
    assert sum(read) < 500_000
    read.clear()
    # A text may be anywhere: so much is looked through and no more, and the next request goes on.
    some = read_excerpt(path, 1, 500, LogFilter(text="no such text"))
    assert not some.lines
    assert not some.is_all
    assert some.next_line > 10_000
    assert sum(read) < 10_000_000


@pytest.mark.parametrize(
    "wanted",
    [
        EVERY,
        LogFilter(level="warn"),
        LogFilter(level="error"),
        LogFilter(level="debug"),
        LogFilter(node=node_of(2000)),
        LogFilter(step=2),
        LogFilter(step=3, level="warn"),
        LogFilter(text="LINE 25"),
        LogFilter(node=node_of(2000), text="7", level="info"),
    ],
)
@pytest.mark.parametrize("budget", [100, 50_000, 1 << 30])
def test_whatever_the_filter_the_pages_together_are_all_that_match(
    path: Path, wanted: LogFilter, budget: int
) -> None:
    count = 4_321 if budget > 100 else 700
    fill(path, count)
    found: list[int] = []
    first = 1
    while True:
        page = read_excerpt(path, first, 150, wanted, budget)
        assert len(page.lines) <= 150
        assert page.next_line > first or page.is_all
        found += [line.line for line in page.lines]
        first = page.next_line
        if page.is_all:
            break
    assert found == [line.line for line in read_log(path) if wanted.wants(line)]
    assert page.matches in {None, len(found)}
    assert (page.matches is None) == (bool(wanted.node or wanted.text or wanted.step))
    assert page.total == count


@pytest.mark.parametrize("harm", ["gone", "short", "torn", "nonsense", "of another"])
def test_an_index_is_a_help_and_never_the_truth(path: Path, harm: str, tmp_path: Path) -> None:
    fill(path, 3_500)
    said = read_excerpt(path, 3_001, 10, EVERY)
    elsewhere = log_path(tmp_path / harm, "run-2")
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_bytes(path.read_bytes())
    index, good = index_path(elsewhere), index_path(path).read_bytes()
    assert good.count(b"\n") == 3
    if harm == "short":
        index.write_bytes(good[: good.index(b"\n") + 1])
    elif harm == "torn":
        index.write_bytes(good[:-10])
    elif harm == "nonsense":
        index.write_bytes(b"[]\n" + good)
    elif harm == "of another":
        index.write_bytes(good.replace(b'"end":', b'"end":9'))
    assert read_excerpt(elsewhere, 3_001, 10, EVERY) == said
    with LogWriter(elsewhere) as log:
        log.write("another", step=1)
    assert index.read_bytes() == good
    assert read_excerpt(elsewhere, 3_501, 10, EVERY).lines[0].text == "another"


def test_an_index_is_true_while_the_log_grows(path: Path) -> None:
    with LogWriter(path) as log:
        for number in range(1, 2 * BLOCK + 50):
            log.write(f"line {number}", step=1)
            if number % 333 == 0:
                page = read_excerpt(path, number, 10, EVERY)
                assert ([line.line for line in page.lines], page.total) == ([number], number)
    assert index_path(path).read_bytes().count(b"\n") == 2


WRITE = """
import resource, signal, sys
from pathlib import Path
from core.runs.log import LogWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path, full, more = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "more"
with LogWriter(path) as log:
    for number in range(1, 21):
        log.write(f"before {number}", step=1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + full, resource.RLIM_INFINITY))
    for number in range(1, 31):
        log.write(f"during {number}", step=1)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if more:
        log.write("after", step=1)
"""


@pytest.mark.parametrize("more", ["more", "end"])
@pytest.mark.parametrize("full", [0, 1, 200, 333])
def test_a_disk_that_is_full_holds_up_nobody_and_the_gap_is_told(path: Path, full: int, more: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WRITE, str(path), str(full), more],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "cannot be written" in ran.stderr
    lines = list(read_log(path))
    texts = [line.text for line in lines]
    kept = [text for text in texts if text.startswith("during")]
    assert kept == [f"during {number}" for number in range(1, len(kept) + 1)]
    (told,) = [line for line in lines if line.event == LINES_LOST]
    assert told.level == "error"
    assert told.text.startswith(f"{30 - len(kept)} lines are missing here")
    assert texts[-1] == ("after" if more == "more" else told.text)
    assert [line.line for line in lines] == list(range(1, len(lines) + 1))
    assert [json.loads(raw)["line"] for raw in path.read_bytes().splitlines()] == [
        line.line for line in lines
    ]
    assert read_excerpt(path, 1, 100, EVERY).total == len(lines)
    assert not list(path.parent.glob("*.reserve"))


def test_a_folder_that_cannot_be_written_holds_up_nobody(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where a folder should be")
    with LogWriter(log_path(tmp_path, "run-1")) as log:
        log.write("nobody reads this", step=1)
    assert not log_path(tmp_path, "run-1").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from core.runs.log import LogWriter
log = LogWriter(Path(sys.argv[1]))
for number in range(1, 1501):
    log.write(f"line {number}", step=1)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_writer_that_is_killed_loses_no_line(path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert ran.returncode == -signal.SIGKILL
    assert [line.text for line in read_log(path)][-1] == "line 1500"
    with LogWriter(path) as log:
        log.write("the next", step=1)
    assert read_excerpt(path, 1_500, 5, EVERY).lines[-1].text == "the next"
