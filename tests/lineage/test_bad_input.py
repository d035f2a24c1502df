"""Input that nobody would write, and that arrives nevertheless: a status with a reason, and no hang."""

# ruff: noqa: S608 - this SQL is read, and never run

import threading
from collections.abc import Callable

import pytest

from core.lineage.columns.engine import trace
from core.lineage.columns.serving import with_deep_stack
from core.lineage.columns.values import QueryLineage, Relation, Status

T = Relation("t", ("t",), ("a", "b"), complete=True)


def deeply(sql: str, *relations: Relation, dialect: str = "duckdb") -> QueryLineage:
    found: list[QueryLineage] = []
    with_deep_stack(threading.Thread(target=lambda: found.append(trace(sql, dialect, relations))))
    return found[0]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("", "no SQL"),
        ("  \n ", "no SQL"),
        ("-- only words", "no SQL but comments"),
        ("select from where", "not understood"),
        ("select (a from t", "not understood"),
        ("select 'a from t", "not understood"),
        ("drop table t", "gives no columns"),
        ("call proc()", "gives no columns"),
        ("create table q (a int)", "without a query"),
    ],
)
def test_what_is_no_query_says_why(sql: str, reason: str) -> None:
    lineage = trace(sql, "duckdb", [T])
    assert lineage.status is Status.UNKNOWN
    assert reason in lineage.reason
    assert not lineage.columns


def test_an_unknown_dialect_is_a_reason_too() -> None:
    assert "dialect" in trace("select 1", "klingon", []).reason


NESTED: dict[str, Callable[[int], str]] = {
    "subqueries": lambda n: "select a from " + "(select a from " * n + "t" + ") x" * n,
    "parentheses": lambda n: "select " + "(" * n + "a" + ")" * n + " as a from t",
    "functions": lambda n: "select " + "coalesce(" * n + "a" + ", 1)" * n + " as a from t",
    "cases": lambda n: "select " + "case when b = 1 then 1 else " * n + "a" + " end" * n + " as a from t",
    "scalar subqueries": lambda n: "select " + "(select " * n + "a" + ")" * n + " as a from t",
    "structs": lambda n: "select " + "{'p': " * n + "a" + "}" * n + " as a from t",
    "unions in parentheses": lambda n: "(" * n + "select a from t" + " union all select b from t)" * n,
    "joins": lambda n: (
        "select t0.a from t as t0 " + " ".join(f"join t as t{i} on t{i}.b = t{i - 1}.b" for i in range(1, n))
    ),
    "tables of expressions": lambda n: (
        "with c0 as (select a from t)"
        + "".join(f", c{i} as (select a from c{i - 1})" for i in range(1, n))
        + f" select a from c{n - 1}"
    ),
}


@pytest.mark.parametrize("kind", NESTED)
def test_five_hundred_levels(kind: str) -> None:
    lineage = deeply(NESTED[kind](500), T)
    assert lineage.status is Status.COMPLETE, lineage.reason
    assert ("t", "a") in {(source.node, source.column) for source in lineage.columns[0].sources}


def test_a_union_of_thousands_of_branches() -> None:
    lineage = deeply(" union all ".join(f"select {'ab'[i % 2]} as q from t" for i in range(10_000)), T)
    assert {source.column for source in lineage.columns[0].sources} == {"a", "b"}


def test_a_union_of_ten_thousand_columns() -> None:
    names = [f"c{i}" for i in range(10_000)]
    wide = Relation("w", ("w",), tuple(names), complete=True)
    lineage = deeply(f"select {', '.join(names)} from w union all select * from w", wide)
    assert lineage.status is Status.COMPLETE
    assert [column.sources[0].column for column in lineage.columns] == names


def test_thousands_of_expressions_without_a_name() -> None:
    lineage = deeply(
        "select " + ", ".join(f"a + {i}" for i in range(5_000)) + " from t", T, dialect="bigquery"
    )
    assert [column.name for column in lineage.columns] == [f"f{i}_" for i in range(5_000)]


def test_a_pattern_that_is_none_is_a_reason() -> None:
    lineage = trace("select columns('[x') from t", "duckdb", [T])
    assert lineage.status is Status.UNKNOWN
    assert "COLUMNS" in lineage.reason


def test_five_megabytes() -> None:
    sql = "select a from t where b in (" + ", ".join(f"'{'x' * 95}{i}'" for i in range(50_000)) + ")"
    assert len(sql) > 5_000_000
    assert deeply(sql, T).columns[0].sources[0].column == "a"


def test_one_column_that_fails_does_not_cost_the_others() -> None:
    lineage = trace("select a, nope, b from t", "postgres", [T])
    assert lineage.status is Status.PARTIAL
    assert "nope" in lineage.reason
    assert [column.status for column in lineage.columns] == ["complete", "unknown", "complete"]


def test_a_thousand_columns_over_ten_expressions() -> None:
    names = [f"c{i}" for i in range(1_000)]
    wide = Relation("w", ("w",), tuple(names), complete=True)
    items = ", ".join(f"coalesce({name}, 0) as {name}" for name in names)
    chain = ", ".join(f"x{i} as (select {items} from {f'x{i - 1}' if i else 'w'})" for i in range(10))
    lineage = trace(f"with {chain} select * from x9", "snowflake", [wide])
    assert len(lineage.columns) == 1_000
    assert all(column.sources[0].transform == "transformed" for column in lineage.columns)
