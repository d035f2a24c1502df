"""Where the lines of a log are, and what each thousand of them holds: any page is read without those before.

The index lies beside the log, a JSON line for each whole block of lines. It is a help and never the truth: a
log without one, or with half of one, is looked through once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from core.runs.log_line import LEVELS, LogLine

BLOCK: Final = 1000
# A block that speaks of more nodes may hold any.
MOST_NODES: Final = 200
_CHUNK: Final = 1 << 20


class Block(msgspec.Struct):
    """A thousand lines: where they end, and what is among them. `nodes` is None where they are too many."""

    end: int
    levels: list[int]
    steps: list[int]
    nodes: list[str] | None


class _Facts(msgspec.Struct):
    level: str
    step: int
    unique_id: str | None


_facts: Final = msgspec.json.Decoder(_Facts)
_blocks: Final = msgspec.json.Decoder(Block)
_encoder: Final = msgspec.json.Encoder()


@dataclass
class Tally:
    """What the lines since the last whole block hold."""

    lines: int = 0
    levels: list[int] = field(default_factory=lambda: [0] * len(LEVELS))
    steps: set[int] = field(default_factory=set[int])
    nodes: set[str] = field(default_factory=set[str])

    def add(self, level: str, step: int, unique_id: str | None) -> None:
        """Count a line."""
        self.levels[LEVELS.index(level)] += 1
        self.lines += 1
        self.steps.add(step)
        if unique_id and len(self.nodes) <= MOST_NODES:
            self.nodes.add(unique_id)

    def add_raw(self, raw: bytes) -> None:
        """Count a line as it is written; one that is torn is a warning, as it is shown."""
        try:
            facts = _facts.decode(raw)
            self.add(facts.level, facts.step, facts.unique_id)
        except (msgspec.DecodeError, ValueError):
            self.add("warn", 0, None)

    def block(self, end: int) -> Block:
        """The same as a block that ends there."""
        nodes = None if len(self.nodes) > MOST_NODES else sorted(self.nodes)
        return Block(end, list(self.levels), sorted(self.steps), nodes)


@dataclass
class LogIndex:
    """What is known of a log so far: whole blocks, and the lines behind them up to `end`."""

    blocks: list[Block] = field(default_factory=list[Block])
    tally: Tally = field(default_factory=Tally)
    end: int = 0

    @property
    def lines(self) -> int:
        """How many lines are written whole."""
        return len(self.blocks) * BLOCK + self.tally.lines

    @property
    def levels(self) -> dict[str, int]:
        """How many lines are of each level."""
        every = [*(block.levels for block in self.blocks), self.tally.levels]
        return {level: sum(counts[at] for counts in every) for at, level in enumerate(LEVELS)}

    def start_of(self, number: int) -> tuple[int, int]:
        """Where to begin reading for a line: the first line of its block, and the place of that."""
        block = min((number - 1) // BLOCK, len(self.blocks))
        return block * BLOCK + 1, self.blocks[block - 1].end if block else 0

    def add(self, line: LogLine, length: int) -> Block | None:
        """Count a line that was written; the block that it makes whole."""
        self.tally.add(line.level, line.step, line.unique_id)
        return self._grown(length)

    def add_raw(self, raw: bytes) -> Block | None:
        """As `add`, of a line as it lies there."""
        self.tally.add_raw(raw)
        return self._grown(len(raw))

    def _grown(self, length: int) -> Block | None:
        self.end += length
        if self.tally.lines < BLOCK:
            return None
        block = self.tally.block(self.end)
        self.blocks.append(block)
        self.tally = Tally()
        return block

    def read_on(self, file: BinaryIO) -> None:
        """Take in what was written since."""
        for raw in whole_lines(file, self.end):
            self.add_raw(raw)


def index_path(path: Path) -> Path:
    """The index of a log."""
    return path.with_name(f"{path.name}.index")


def encode_block(block: Block) -> bytes:
    """A block as a line of the index."""
    return _encoder.encode(block) + b"\n"


def load_index(path: Path, file: BinaryIO) -> LogIndex:
    """What the index of a log says, as far as it can be believed; the rest is to be read."""
    index = LogIndex()
    try:
        with index_path(path).open("rb") as lines:
            for raw in lines:
                if not raw.endswith(b"\n"):
                    break
                index.blocks.append(_blocks.decode(raw))
    except (OSError, msgspec.DecodeError):
        pass
    while index.blocks and not _ends_a_line(file, index.blocks[-1].end):
        index.blocks.pop()
    index.end = index.blocks[-1].end if index.blocks else 0
    return index


def _ends_a_line(file: BinaryIO, end: int) -> bool:
    if end < 1:
        return False
    file.seek(end - 1)
    return file.read(1) == b"\n"


def whole_lines(file: BinaryIO, start: int) -> Iterator[bytes]:
    """The lines from a place on that have their end."""
    file.seek(start)
    for raw in file:
        if not raw.endswith(b"\n"):
            return
        yield raw
