"""The cases, read from text files; README.md says how they are written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.lineage.columns.values import Relation

FOLDER: Final = Path(__file__).parent
DIALECTS: Final = (
    "duckdb",
    "postgres",
    "snowflake",
    "bigquery",
    "redshift",
    "databricks",
    "spark",
    "trino",
    "athena",
    "clickhouse",
    "tsql",
)
# Tables of which nobody knows the columns.
OPEN: Final = frozenset({"w", "v"})

ValueEdge = tuple[str, str, str]


@dataclass(frozen=True)
class Expected:
    """One output column. Edges are (table, column, what happened); `doubt` is one that cannot be resolved."""

    name: str
    values: frozenset[ValueEdge] = frozenset()
    influences: frozenset[ValueEdge] = frozenset()
    doubt: bool = False


@dataclass(frozen=True)
class Case:
    """A query with its columns in order, what decides on its rows, and whether columns are left open."""

    construct: str
    place: int
    dialects: tuple[str, ...]
    sql: str
    columns: tuple[Expected, ...]
    rows: frozenset[ValueEdge]
    open: bool
    unreadable: bool

    @property
    def supported(self) -> bool:
        """Whether everything in it can be resolved."""
        return not (self.open or self.unreadable or any(column.doubt for column in self.columns))


def tables(path: Path = FOLDER / "tables.txt") -> dict[str, dict[str, str]]:
    """The tables that cases read, each with the types of its columns as DuckDB writes them."""
    found: dict[str, dict[str, str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, columns = line.partition(":")
            pairs = (item.strip().split(" ", 1) for item in columns.split(";") if item.strip())
            found[name.strip()] = {pair[0]: pair[-1] for pair in pairs}
    return found


def relations(known: Mapping[str, Mapping[str, str]] | None = None) -> list[Relation]:
    """The tables as relations of the database `db`, schema `main`; the open ones without columns."""
    listed = tables() if known is None else known
    return [
        Relation(name, ("db", "main", name), tuple(columns), complete=name not in OPEN)
        for name, columns in listed.items()
    ]


def cases(folder: Path = FOLDER / "cases") -> Iterator[Case]:
    """All cases, file by file."""
    for path in sorted(folder.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        blocks = re.split(r"^@ ", text, flags=re.MULTILINE)[1:]
        for place, block in enumerate(blocks, 1):
            yield _case(path.stem.replace("_", " "), place, block)


def _case(construct: str, place: int, block: str) -> Case:
    first, *lines = block.splitlines()
    columns = " ".join(line[2:] for line in lines if line.startswith("> "))
    rows = " ".join(line[2:] for line in lines if line.startswith("< "))
    sql = "\n".join(line for line in lines if line.strip() and line[:2] not in {"> ", "< "})
    items = [item.strip() for item in columns.split("; ") if item.strip()]
    return Case(
        construct=construct,
        place=place,
        dialects=DIALECTS if first.strip() == "any" else tuple(first.split()),
        sql=sql,
        columns=tuple(_column(item) for item in items if item not in {"*", "?"}),
        rows=frozenset(_edge(item) for item in rows.split(",") if item.strip()),
        open="*" in items,
        unreadable="?" in items,
    )


def _column(item: str) -> Expected:
    name, _, written = item.partition(":")
    written = written.strip()
    parts = [part.strip() for part in written.removeprefix("?").split(",") if part.strip()]
    return Expected(
        name.strip(),
        frozenset(_edge(part) for part in parts if not part.startswith("~")),
        frozenset(_edge(part[1:]) for part in parts if part.startswith("~")),
        doubt=written.startswith("?"),
    )


def _edge(written: str) -> ValueEdge:
    source, _, what = written.strip().partition(" ")
    table, _, column = source.partition(".")
    return table, column, what.strip()
