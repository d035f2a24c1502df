"""Reading a log that may grow: any page of it, what a filter lets through, and what comes next."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from core.runs.log_index import BLOCK, LogIndex, load_index, whole_lines
from core.runs.log_line import LEVELS, LogLine, decode_line

# A request looks through no more than this; the next one goes on from there.
BUDGET: Final = 8 << 20
_KEPT: Final = 64


def open_log(path: Path) -> BinaryIO:
    """The file of a log."""
    return path.open("rb")


@dataclass(frozen=True)
class LogFilter:
    """Which lines are wanted: of a least level, of a step, about a node, with a text in them."""

    level: str | None = None
    step: int | None = None
    node: str | None = None
    text: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether every line is wanted."""
        return self == LogFilter() or self == LogFilter(level=LEVELS[0])

    @property
    def is_of_level(self) -> bool:
        """Whether only the level matters."""
        return self == LogFilter(level=self.level)

    def wants(self, line: LogLine) -> bool:
        """Whether a line is wanted."""
        if self.level is not None and LEVELS.index(line.level) < LEVELS.index(self.level):
            return False
        if self.step is not None and line.step != self.step:
            return False
        if self.node is not None and line.unique_id != self.node:
            return False
        return self.text is None or self.text.lower() in line.text.lower()

    @cached_property
    def needle(self) -> bytes | None:
        """What the bytes of a wanted line hold, whatever its case; None where JSON may write it otherwise."""
        plain = self.text is not None and self.text.isascii() and self.text.isprintable()
        return (
            self.text.lower().encode() if self.text and plain and not set(self.text) & {'"', "\\"} else None
        )

    def may_be_in(self, index: LogIndex, block: int) -> bool:
        """Whether a block can hold a wanted line; the last, which is not whole yet, can hold any."""
        if block >= len(index.blocks):
            return True
        known = index.blocks[block]
        if self.level is not None and not any(known.levels[LEVELS.index(self.level) :]):
            return False
        if self.step is not None and self.step not in known.steps:
            return False
        return self.node is None or known.nodes is None or self.node in known.nodes


@dataclass(frozen=True)
class LogExcerpt:
    """Some lines of a log. `next_line` is the first that was not looked at; `total` counts all lines.

    `matches` counts all that the filter lets through, where that is known without reading them.
    """

    lines: list[LogLine]
    next_line: int
    total: int
    levels: dict[str, int]
    matches: int | None

    @property
    def is_all(self) -> bool:
        """Whether nothing is left to look at."""
        return self.next_line > self.total


class _Indexes:
    """What this process knows of logs that were read lately."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Path, LogIndex] = OrderedDict()

    def of(self, path: Path, file: BinaryIO) -> LogIndex:
        """The index of a log, with all that is written by now. Two readers at once would count twice."""
        with self._lock:
            index = self._known.pop(path, None)
            file.seek(0, 2)
            if index is None or index.end > file.tell():
                index = load_index(path, file)
            index.read_on(file)
            self._known[path] = index
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
            return LogIndex(list(index.blocks), index.tally, index.end)


_indexes: Final = _Indexes()


def read_log(path: Path, first: int = 1) -> Iterator[LogLine]:
    """Lines from number `first` on, as far as they are written whole."""
    if not path.exists():
        return
    with open_log(path) as file:
        start, place = _indexes.of(path, file).start_of(first)
        for number, raw in enumerate(whole_lines(file, place), start=start):
            if number >= first:
                yield decode_line(raw, number)


def read_excerpt(path: Path, first: int, limit: int, wanted: LogFilter, budget: int = BUDGET) -> LogExcerpt:
    """Up to `limit` wanted lines from number `first` on; fewer where `budget` bytes hold fewer."""
    if not path.exists():
        return LogExcerpt([], first, 0, dict.fromkeys(LEVELS, 0), 0)
    with open_log(path) as file:
        index = _indexes.of(path, file)
        lines, next_line = _wanted_lines(file, index, first, limit, wanted, budget)
        return LogExcerpt(lines, next_line, index.lines, index.levels, _matches(index, wanted))


def _matches(index: LogIndex, wanted: LogFilter) -> int | None:
    if not wanted.is_of_level:
        return None
    least = LEVELS.index(wanted.level or LEVELS[0])
    return sum(index.levels[level] for level in LEVELS[least:])


def _wanted_lines(
    file: BinaryIO, index: LogIndex, first: int, limit: int, wanted: LogFilter, budget: int
) -> tuple[list[LogLine], int]:
    found: list[LogLine] = []
    number = first
    while number <= index.lines:
        block = (number - 1) // BLOCK
        after = (block + 1) * BLOCK + 1
        if not wanted.may_be_in(index, block):
            number = after
            continue
        for at, raw in _lines_of_block(file, index, number, min(after, index.lines + 1)):
            # Most lines need not be taken apart.
            if wanted.needle is None or wanted.needle in raw.lower():
                line = decode_line(raw, at)
                found += [line] if wanted.wants(line) else []
            budget -= len(raw)
            number = at + 1
            if len(found) >= limit or budget <= 0:
                return found, number
    return found, min(number, max(index.lines + 1, first))


def _lines_of_block(file: BinaryIO, index: LogIndex, first: int, after: int) -> Iterator[tuple[int, bytes]]:
    """Lines of one block from number `first` until before `after`, as they are written."""
    start, place = index.start_of(first)
    numbered = zip(range(start, after), whole_lines(file, place), strict=False)
    yield from islice(numbered, first - start, None)


def whole_log(path: Path) -> Iterator[bytes]:
    """The lines as they are written, of a log as it is now."""
    with open_log(path) as file:
        yield from whole_lines(file, 0)


class LogTail:
    """Reads a log that grows, from line `first` on; each `read` gives what is new."""

    def __init__(self, path: Path, first: int = 1) -> None:
        self._path = path
        self._next = first
        self._offset: int | None = None
        self._seen = 0

    def read(self, limit: int = 1000) -> list[LogLine]:
        """Up to `limit` lines that were written since the last call."""
        if not self._path.exists():
            return []
        with open_log(self._path) as file:
            if self._offset is None:
                start, self._offset = _indexes.of(self._path, file).start_of(self._next)
                self._seen = start - 1
            file.seek(self._offset)
            return self._collect(file, limit)

    def _collect(self, file: BinaryIO, limit: int) -> list[LogLine]:
        lines: list[LogLine] = []
        while len(lines) < limit:
            raw = file.readline()
            if not raw.endswith(b"\n"):
                break
            self._offset = (self._offset or 0) + len(raw)
            self._seen += 1
            if self._seen >= self._next:
                lines.append(decode_line(raw, self._seen))
        return lines
