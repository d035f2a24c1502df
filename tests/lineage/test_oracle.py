"""DuckDB itself tells which source columns an output needs: no expectation is written down.

Without a source column, a query that reads it no longer binds. With other data in a source column, the
outputs that it is a value of change, and no output changes that it has no edge to.
"""

import functools
from collections.abc import Iterator

import duckdb
import pytest

from core.lineage.columns.engine import trace
from core.lineage.columns.values import QueryLineage, Relation

TABLES = {"t": ("a", "b", "c", "d", "k"), "u": ("k", "x", "y", "z")}
RELATIONS = [Relation(name, (name,), columns, complete=True) for name, columns in TABLES.items()]
QUERIES = [
    "select a, b + c as s, d as q from t",
    "select k, sum(a) as s, max(b) as m, count(*) as n from t group by k order by k",
    "select t.a, u.x + t.b as v from t join u on t.k = u.k order by 1, 2",
    "select * from t join u using (k) order by all",
    "with i as (select k, a + b as s from t where c > 2) select k, s * 2 as p from i order by 1, 2",
    "select a from t union all select x from u order by 1",
    "select a, row_number() over (partition by k order by b) as rn from t order by 1, 2",
    "select a, (select max(x) from u where u.k = t.k) as m from t order by 1",
    "select a from t where exists (select 1 from u where u.k = t.k and u.y > 3) order by 1",
    "select k, sum(a) filter (where b > 4) as s from t group by all order by 1",
    "select * exclude (b, c) replace (a + d as a) from t order by all",
    "select a + 1 as n, n * c as m from t order by 1, 2",
    "select distinct k, a % 2 as p from t order by 1, 2",
    "select a, case when b > 4 then c else d end as v from t order by 1, 2",
    "select columns('^[ab]$') from t order by 1, 2",
    "select k from t except select x from u order by 1",
    "from (select {'p': a, 'q': b} as st from t) select st.p as v order by 1",
    "with recursive r as (select a as n, 1 as i from t union all select n + 1, i + 1 from r where i < 3)"  # noqa: ISC004
    " select n, i from r order by 1, 2",
    "select k, list_transform([a, b], lambda q: q + c) as l from t order by 1, 2",
    "select a, lag(b) over (order by a) as l from t order by 1",
]


# Names that must be there although no value of theirs comes out: a star leaves them out, or nobody reads
# the field that they are.
NAMED_ONLY = {
    "select * exclude (b, c) replace (a + d as a) from t order by all": {("t", "b"), ("t", "c")},
    "from (select {'p': a, 'q': b} as st from t) select st.p as v order by 1": {("t", "b")},
}
Source = tuple[str, str]


@functools.cache
def fresh(without: Source | None = None, other: Source | None = None) -> duckdb.DuckDBPyConnection:
    """The tables, `without` a column of one, or with `other` data in it."""
    db = duckdb.connect(config={"threads": 1})
    for place, (table, columns) in enumerate(TABLES.items()):
        kept = [column for column in columns if (table, column) != without]
        cells = ", ".join(cell(place, column, changed=(table, column) == other) for column in kept)
        db.execute(f"create table {table} as select {cells} from range(12) as numbers(i)")  # noqa: S608
    return db


def cell(place: int, column: str, *, changed: bool) -> str:
    seed = ord(column) + place
    factor = 3 + seed % 4
    value = "i % 4" if column == "k" else f"(i * {factor} + {seed}) % 11"
    return f"{f'({value}) * 7 + 100' if changed else value} as {column}"


def sources() -> Iterator[tuple[str, str]]:
    return ((table, column) for table, columns in TABLES.items() for column in columns)


def outputs(db: duckdb.DuckDBPyConnection, sql: str) -> dict[str, list[object]]:
    """Values of each output, as a bag: an order alone is no change."""
    found = db.execute(sql)
    names = [column[0] for column in found.description or []]
    rows = found.fetchall()
    return {name: sorted((row[place] for row in rows), key=repr) for place, name in enumerate(names)}


def rows_decided_by(lineage: QueryLineage) -> set[tuple[str, str]]:
    return {(source.node, source.column) for source in lineage.influences}


@pytest.mark.parametrize("sql", QUERIES)
def test_what_no_longer_binds_has_an_edge_and_what_has_one_no_longer_binds(sql: str) -> None:
    lineage = trace(sql, "duckdb", RELATIONS)
    assert lineage.status == "complete", lineage.reason
    values = {(s.node, s.column) for column in lineage.columns for s in (*column.sources, *column.influences)}
    read = values | rows_decided_by(lineage) | NAMED_ONLY.get(sql, set())
    whole = outputs(fresh(), sql)
    for source in sources():
        try:
            found = outputs(fresh(without=source), sql)
        except duckdb.Error:
            assert source in read, f"{source} is needed and has no edge"
            continue
        needless = source in read and len(found) == len(whole)
        assert not needless, f"{source} has an edge and is not needed"


@pytest.mark.parametrize("sql", QUERIES)
def test_outputs_that_change_with_a_column_have_an_edge_to_it(sql: str) -> None:
    lineage = trace(sql, "duckdb", RELATIONS)
    before = outputs(fresh(), sql)
    assert [column.name for column in lineage.columns] == list(before)
    for source in sources():
        after = outputs(fresh(other=source), sql)
        changed = {name for name in before if before[name] != after[name]}
        for column in lineage.columns:
            own = {(s.node, s.column) for s in (*column.sources, *column.influences)}
            if column.name in changed:
                assert source in own | rows_decided_by(lineage), f"{column.name} changes with {source}"
