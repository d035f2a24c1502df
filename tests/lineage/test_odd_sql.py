"""Pieces of SQL put together at random: always an answer, a reason where it lacks, and no column made up."""

import re
import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.lineage_truth.cases import OPEN, cases, relations, tables
from core.lineage.columns.engine import trace
from core.lineage.columns.serving import with_deep_stack
from core.lineage.columns.values import QueryLineage, Status

CASES = [case for case in cases() if case.dialects]
PIECES = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 6), st.integers(0, len(CASES) - 1), st.integers(0, 200)),
    min_size=1,
    max_size=4,
)
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def mangled(sql: str, pieces: list[tuple[int, int, int, int]]) -> str:
    """The SQL with tokens taken out, and others of other cases in their stead."""
    tokens = _TOKEN.findall(sql)
    for at, count, other, start in pieces:
        foreign = _TOKEN.findall(CASES[other].sql)
        place = at % max(len(tokens), 1)
        tokens[place : place + count] = foreign[start % len(foreign) :][:count]
    return "".join(tokens)


def known_columns() -> dict[str, set[str]]:
    return {name: set(columns) for name, columns in tables().items() if name not in OPEN}


def traced(sql: str, dialect: str) -> QueryLineage:
    found: list[QueryLineage] = []
    with_deep_stack(threading.Thread(target=lambda: found.append(trace(sql, dialect, relations()))))
    return found[0]


# The first reading raises the limit of recursion, which hypothesis watches.
traced("select 1", "duckdb")


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(CASES) - 1), st.integers(0, 10), PIECES)
def test_odd_sql_has_an_answer_and_no_column_is_made_up(
    which: int, dialect: int, pieces: list[tuple[int, int, int, int]]
) -> None:
    case = CASES[which]
    sql = mangled(case.sql, pieces)
    lineage = traced(sql, case.dialects[dialect % len(case.dialects)])
    assert lineage.status is Status.COMPLETE or lineage.reason
    known = known_columns()
    for column in lineage.columns:
        assert column.status in {Status.COMPLETE, Status.NONE} or column.reason
        for source in (*column.sources, *column.influences):
            assert source.node not in known or source.column in known[source.node], (sql, source)
            assert source.span is None or 0 <= source.span[0] < source.span[1] <= len(sql)
    for item in lineage.influences:
        assert item.node not in known or item.column in known[item.node], (sql, item)
