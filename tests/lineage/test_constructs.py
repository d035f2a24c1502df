"""Lineage by construct and dialect: the cases of the public benchmark, each met exactly."""

from collections.abc import Sequence

import pytest

from bench.lineage_truth.cases import Case, cases, relations
from core.lineage.columns.engine import trace
from core.lineage.columns.values import InfluenceSource, OutputColumn, QueryLineage, Status, ValueSource

RELATIONS = relations()
CASES = list(cases())
ALL = [pytest.param(case, id=f"{case.construct}-{case.place}") for case in CASES]
DOUBTFUL = {Status.PARTIAL, Status.UNKNOWN}


def values(column: OutputColumn) -> set[tuple[str, str, str]]:
    return {(source.node, source.column.lower(), source.transform.value) for source in column.sources}


def influences(found: Sequence[InfluenceSource]) -> set[tuple[str, str, str]]:
    return {(source.node, source.column.lower(), source.kind.value) for source in found}


def edges(lineage: QueryLineage) -> list[ValueSource | InfluenceSource]:
    own = [source for column in lineage.columns for source in (*column.sources, *column.influences)]
    return [*own, *lineage.influences]


@pytest.mark.parametrize("case", ALL)
def test_the_edges_are_those_that_the_sql_means(case: Case) -> None:
    for dialect in case.dialects:
        check(case, trace(case.sql, dialect, RELATIONS))


def check(case: Case, lineage: QueryLineage) -> None:
    if case.unreadable:
        assert lineage.status is Status.UNKNOWN
        assert lineage.reason
        assert not edges(lineage)
        return
    assert [column.name.lower() for column in lineage.columns] == [item.name.lower() for item in case.columns]
    for column, expected in zip(lineage.columns, case.columns, strict=True):
        assert values(column) == expected.values
        assert influences(column.influences) == expected.influences
        assert (column.status in DOUBTFUL) == expected.doubt, column.reason
    assert influences(lineage.influences) == case.rows
    assert lineage.open == case.open
    for source in edges(lineage):
        check_span(case.sql, source)


def check_span(sql: str, source: ValueSource | InfluenceSource) -> None:
    assert source.span is not None
    written = sql[slice(*source.span)]
    assert written.strip()
    assert written.count("(") == written.count(")")


def test_there_are_cases_enough() -> None:
    assert len({case.sql for case in CASES}) >= 400
    assert len({dialect for case in CASES for dialect in case.dialects}) == 11
