"""DuckDB as judge: no expectation is written down.

Without a source column, a query that needs it no longer binds; with other data in it, outputs change. A
changed output without an edge lacks one; an edge from a column that is neither needed nor changes anything is
too much.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb

from bench.lineage_truth.cases import cases, relations, tables
from bench.lineage_truth.random_queries import random_queries
from core.lineage.columns.engine import trace
from core.lineage.columns.values import QueryLineage, Status

Source = tuple[str, str]
RANDOM: Final = 200
_ROWS: Final = 12
# Queries that multiply rows beyond this are left out.
_MOST_ROWS: Final = 5_000
# Other data: each replaces the values of one column by something else made of its row number.
_CHANGES: Final = ("shifted", "turned", "sparse")


@dataclass
class Judged:
    """One query: what it gives untouched, which columns it needs, and which outputs change with which."""

    sql: str
    lineage: QueryLineage
    outputs: dict[str, list[str]]
    reads: frozenset[str]
    needed: set[Source] = field(default_factory=set[Source])
    changed: set[tuple[Source, str]] = field(default_factory=set[tuple[Source, str]])


@dataclass(frozen=True)
class Verdict:
    """What the judge says of all queries. `confirmed` value edges are those whose output did change."""

    queries: int
    missing: tuple[str, ...]
    needless: tuple[str, ...]
    value_edges: int
    confirmed: int
    edges: int
    observed: int

    @property
    def precision(self) -> float:
        """The share of edges whose source is needed."""
        return 1 - len(self.needless) / max(self.edges, 1)

    @property
    def recall(self) -> float:
        """The share of observed changes that have an edge."""
        return 1 - len(self.missing) / max(self.observed, 1)


def judged_queries(random: int = RANDOM) -> list[str]:
    """All cases that DuckDB can run, and random queries."""
    known = [case.sql for case in cases() if "duckdb" in case.dialects and case.supported]
    return [*dict.fromkeys(known), *random_queries(random)]


def judge(queries: Sequence[str]) -> Verdict:
    """Try every column of every table against every query that reads the table."""
    listed = {name: columns for name, columns in tables().items() if columns}
    found = list(_prepared(queries, listed))
    for table, columns in listed.items():
        readers = [item for item in found if table in item.reads]
        for column in columns:
            _without(listed, readers, (table, column))
            for change in _CHANGES:
                _with_other_data(listed, readers, (table, column), change)
    return _verdict(found)


def _prepared(queries: Sequence[str], listed: dict[str, dict[str, str]]) -> Iterator[Judged]:
    """The queries that run, each with its lineage; those that give something else every time are left out."""
    db, again = database(listed), database(listed)
    for sql in queries:
        outputs = run(db, sql)
        lineage = trace(sql, "duckdb", relations())
        if not outputs or outputs != run(again, sql) or lineage.status is not Status.COMPLETE:
            continue
        if len(outputs) == len(lineage.columns):
            yield Judged(sql, lineage, outputs, frozenset(lineage.consulted))
    db.close()
    again.close()


def database(
    listed: dict[str, dict[str, str]], without: Source | None = None, other: tuple[Source, str] | None = None
) -> duckdb.DuckDBPyConnection:
    """The tables with data, `without` a column, or with `other` data in one."""
    db = duckdb.connect(config={"threads": 1, "memory_limit": "500MB"})
    changed, change = other or (None, "")
    for place, (table, columns) in enumerate(listed.items()):
        cells = [
            f"{_cell(place + number, kind, change if (table, column) == changed else '')} as {column}"
            for number, (column, kind) in enumerate(columns.items())
            if (table, column) != without
        ]
        db.execute(f"create table {table} as select {', '.join(cells)} from range({_ROWS}) as numbers(i)")  # noqa: S608
    return db


def _cell(seed: int, kind: str, change: str) -> str:
    number = f"((i * {seed % 5 + 2} + {seed}) % {7 + seed % 3})"
    if change == "shifted":
        number = f"({number} + 3)"
    if change == "turned":
        number = f"((i * {seed % 4 + 3} + 1) % 6)"
    value = _of_kind(number, kind)
    return f"case when i % 3 = 0 then null else {value} end" if change == "sparse" else value


def _of_kind(number: str, kind: str) -> str:
    shapes = {
        "int": f"{number}::int",
        "varchar": f"case {number} when 1 then 'done' when 2 then 'view' else 'v' || {number} end",
        "date": f"(date '2024-01-01' + {number}::int)",
        "timestamp": f"(timestamp '2024-01-01 00:00:00' + to_days({number}::int))",
        "int[]": f"[{number}::int, 2, {number}::int + 1]",
        "json": f"""('{{"a":' || {number} || ',"b":' || ({number} + 1) || '}}')::json""",
    }
    return shapes.get(kind, f"{{'f': {number}::int, 'g': {number}::int + 1}}")


def run(db: duckdb.DuckDBPyConnection, sql: str) -> dict[str, list[str]] | None:
    """The values of each output as a bag, since order alone is no change; None where it does not run."""
    try:
        found = db.execute(sql)
        names = [f"{place} {column[0]}" for place, column in enumerate(found.description or [])]
        rows: list[tuple[Any, ...]] = found.fetchmany(_MOST_ROWS)
    except duckdb.Error:
        return None
    if len(rows) == _MOST_ROWS:
        return None
    return {name: sorted(repr(row[place]) for row in rows) for place, name in enumerate(names)}


def binds(db: duckdb.DuckDBPyConnection, sql: str) -> int:
    """How many columns the query has; none where it does not bind."""
    try:
        return len(db.execute(f"describe {sql}").fetchall())
    except duckdb.Error:
        return 0


def _without(listed: dict[str, dict[str, str]], readers: Sequence[Judged], source: Source) -> None:
    db = database(listed, without=source)
    for item in readers:
        if binds(db, item.sql) < len(item.outputs):
            item.needed.add(source)
    db.close()


def _with_other_data(
    listed: dict[str, dict[str, str]], readers: Sequence[Judged], source: Source, change: str
) -> None:
    db = database(listed, other=(source, change))
    for item in readers:
        outputs = run(db, item.sql) or {}
        item.changed.update((source, name) for name in outputs if outputs[name] != item.outputs.get(name))
    db.close()


def _verdict(found: Sequence[Judged]) -> Verdict:
    missing: list[str] = []
    needless: list[str] = []
    value_edges = confirmed = edges = observed = 0
    for item in found:
        moved = {source for source, _ in item.changed}
        rows = {(source.node, source.column) for source in item.lineage.influences}
        every = set(rows)
        for name, column in zip(item.outputs, item.lineage.columns, strict=True):
            values = {(source.node, source.column) for source in column.sources}
            own = values | {(source.node, source.column) for source in column.influences}
            every |= own
            changed = {source for source, output in item.changed if output == name}
            missing += [f"{source} -> {name}: {item.sql}" for source in sorted(changed - own - rows)]
            value_edges += len(values)
            confirmed += len(values & changed)
            observed += len(changed)
        edges += len(every)
        needless += [f"{source}: {item.sql}" for source in sorted(every - item.needed - moved)]
    return Verdict(len(found), tuple(missing), tuple(needless), value_edges, confirmed, edges, observed)
