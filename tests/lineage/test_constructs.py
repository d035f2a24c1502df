"""Lineage by construct and dialect; see `construct_cases` for how cases are written."""

import pytest

from core.lineage.columns.engine import trace
from core.lineage.columns.values import OutputColumn, QueryLineage, Relation, Status
from tests.lineage.construct_cases import CASES

RELATIONS = [
    Relation("t", ("db", "main", "t"), tuple("abcdk"), complete=True),
    Relation("u", ("db", "main", "u"), tuple("kxyz"), complete=True),
    Relation("s", ("db", "main", "s"), ("id", "obj", "arr"), complete=True),
    Relation("w", ("db", "main", "w")),
    Relation("v", ("db", "main", "v")),
]
ALL = [
    pytest.param(dialect, case, id=f"{construct}-{place}-{dialect}")
    for construct, cases in CASES.items()
    for place, case in enumerate(cases)
    for dialect in case[0].split()
]
SPELLED = {"t": "transformed", "c": "copied", "r": "renamed", "a": "aggregated"}


def written(column: OutputColumn) -> str:
    """A column as the cases write it."""
    sources = [f"{source.node}.{source.column.lower()} {source.transform[0]}" for source in column.sources]
    influences = [f"~{item.node}.{item.column.lower()} {item.kind}" for item in column.influences]
    doubt = "?" if column.status in {Status.PARTIAL, Status.UNKNOWN} else ""
    return doubt + ", ".join(sorted(sources + influences))


def expected_columns(text: str) -> list[tuple[str, str]]:
    result = []
    for item in text.split(";"):
        name, _, sources = item.strip().partition(":")
        if name == "*":
            continue
        doubt = "?" if sources.strip().startswith("?") else ""
        parts = [part.strip() for part in sources.strip().removeprefix("?").split(",") if part.strip()]
        result.append((name.lower(), doubt + ", ".join(sorted(parts))))
    return result


def found_columns(lineage: QueryLineage) -> list[tuple[str, str]]:
    return [(column.name.lower(), written(column)) for column in lineage.columns]


@pytest.mark.parametrize(("dialect", "case"), ALL)
def test_lineage_of_the_construct(dialect: str, case: tuple[str, ...]) -> None:
    sql, columns = case[1], case[2]
    lineage = trace(sql, dialect, RELATIONS)
    assert found_columns(lineage) == expected_columns(columns), lineage.reason
    assert lineage.open == any(item.strip() == "*" for item in columns.split(";"))
    if len(case) > 3:
        found = {f"{item.node}.{item.column.lower()} {item.kind}" for item in lineage.influences}
        assert found == {item.strip() for item in case[3].split(",")}


@pytest.mark.parametrize(("dialect", "case"), ALL)
def test_every_edge_has_a_span_in_the_sql(dialect: str, case: tuple[str, ...]) -> None:
    sql = case[1]
    for column in trace(sql, dialect, RELATIONS).columns:
        for source in (*column.sources, *column.influences):
            assert source.span is not None
            start, end = source.span
            assert sql[start:end].strip()
            assert sql[start:end].count("(") == sql[start:end].count(")")


def test_there_are_cases_enough() -> None:
    assert sum(len(cases) for cases in CASES.values()) >= 120
    assert len(ALL) >= 400
