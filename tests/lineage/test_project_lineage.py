"""Whole projects: known columns, inlined models, snapshots, circles, time limits, kept outcomes."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import psutil
import pytest

from core.lineage.columns.cache import Outcomes, Question
from core.lineage.columns.nodes import KnownFrom, NodeLineage, ProjectNode
from core.lineage.columns.pool import Pool
from core.lineage.columns.project import Project, project_lineage
from core.lineage.columns.relations import dialect_of, name_parts
from core.lineage.columns.report import silently_empty
from core.lineage.columns.serving import Answer, answer
from core.lineage.columns.values import Status


def model(name: str, sql: str, *parents: str, **more: Any) -> ProjectNode:
    ids = tuple(parent if "." in parent else f"model.p.{parent}" for parent in parents)
    return ProjectNode(f"model.p.{name}", "model", name, ("db", "main", name), sql=sql, parents=ids, **more)


def source(name: str, *columns: str) -> ProjectNode:
    return ProjectNode(f"source.p.raw.{name}", "source", name, ("db", "raw", name), declared=columns)


def lineage_of(
    *nodes: ProjectNode, catalog: Mapping[str, Sequence[str]] | None = None, **more: Any
) -> dict[str, NodeLineage]:
    return project_lineage(Project(nodes, "duckdb", catalog or {}), workers=1, **more)


def edges(node: NodeLineage) -> set[tuple[str, str, str]]:
    assert node.query is not None
    return {(c.name, s.node.split(".")[-1], s.column) for c in node.query.columns for s in c.sources}


RAW = source("orders")
CATALOG = {"source.p.raw.orders": ["id", "amount"]}


def test_columns_inferred_upstream_feed_a_star_downstream() -> None:
    found = lineage_of(
        RAW,
        model("last", "select * from db.main.mid", "mid"),
        model("mid", "select *, amount * 2 as twice from db.main.first", "first"),
        model("first", "select * from db.raw.orders", RAW.unique_id),
        catalog=CATALOG,
    )
    last = found["model.p.last"]
    assert last.status is Status.COMPLETE
    assert list(last.columns) == ["id", "amount", "twice"]
    assert {column.known_from for column in last.columns.values()} == {KnownFrom.INFERRED}
    assert edges(last) == {(name, "mid", name) for name in ("id", "amount", "twice")}


def test_columns_of_a_source_are_inferred_from_use_where_nothing_names_them() -> None:
    found = lineage_of(
        source("orders", "id"),
        model("m", "select id, o.amount from db.raw.orders as o", RAW.unique_id),
    )
    columns = found[RAW.unique_id].columns
    assert {name: column.known_from for name, column in columns.items()} == {
        "id": "yaml",
        "amount": "inferred",
    }
    assert found[RAW.unique_id].status is Status.NOT_APPLICABLE
    assert found["model.p.m"].status is Status.COMPLETE


def test_a_star_over_a_source_without_columns_is_not_silently_empty() -> None:
    found = lineage_of(RAW, model("m", "select * from db.raw.orders", RAW.unique_id))["model.p.m"]
    assert found.status is Status.UNKNOWN
    assert "not all known" in found.reason


def test_inlined_models_are_where_edges_end() -> None:
    body = "select id as order_id from db.raw.orders"
    inner = model("eph", body, RAW.unique_id, materialization="ephemeral")
    sql = f"with __dbt__cte__eph as ({body}), x as (select * from __dbt__cte__eph) select * from x"  # noqa: S608
    found = lineage_of(RAW, inner, model("m", sql, "eph"), catalog=CATALOG)
    assert edges(found["model.p.m"]) == {("order_id", "eph", "order_id")}
    assert edges(found["model.p.eph"]) == {("order_id", "orders", "id")}


def test_a_snapshot_has_the_columns_that_dbt_adds() -> None:
    config = {"unique_key": "id", "updated_at": "ts", "strategy": "timestamp"}
    snapshot = replace(
        model("snap", "select id, ts from db.raw.orders", RAW.unique_id, config=config), kind="snapshot"
    )
    found = lineage_of(RAW, snapshot, catalog={RAW.unique_id: ["id", "ts"]})[snapshot.unique_id]
    assert list(found.columns)[2:] == ["dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to"]
    assert {("dbt_scd_id", "orders", "id"), ("dbt_valid_from", "orders", "ts")} <= edges(found)
    assert found.status is Status.COMPLETE


def test_an_incremental_model_reads_itself() -> None:
    sql = "select id, amount from db.raw.orders where id > (select max(id) from db.main.m)"
    node = model("m", sql, RAW.unique_id, raw_sql="{% if is_incremental() %}", materialization="incremental")
    found = lineage_of(RAW, node, catalog=CATALOG)["model.p.m"]
    assert found.status is Status.COMPLETE
    assert "rendering at hand" in found.reason
    assert found.query is not None
    assert {(s.node, s.column, s.kind) for s in found.query.influences} >= {("model.p.m", "id", "filter")}


def test_python_models_say_that_their_code_is_not_read() -> None:
    node = model("py", "def model(dbt, session): ...", language="python", declared=("a",))
    found = lineage_of(node, model("m", "select a, b from db.main.py", "py"))
    assert found["model.p.py"].status is Status.UNKNOWN
    assert "Python" in found["model.p.py"].reason
    assert found["model.p.py"].columns["a"].known_from is KnownFrom.YAML
    assert edges(found["model.p.m"]) == {("a", "py", "a"), ("b", "py", "b")}


def test_circles_missing_parents_and_missing_sql_each_say_so() -> None:
    found = lineage_of(
        model("a", "select x from db.main.b", "b"),
        model("b", "select x from db.main.a", "a"),
        model("after", "select x from db.main.a", "a"),
        model("orphan", "select x from db.main.gone", "gone"),
        model("empty", ""),
    )
    assert "circle" in found["model.p.a"].reason
    assert "circle" in found["model.p.b"].reason
    assert found["model.p.after"].status is Status.COMPLETE
    assert "model.p.gone" in found["model.p.orphan"].reason
    assert found["model.p.orphan"].status is Status.UNKNOWN
    assert "compiled" in found["model.p.empty"].reason
    assert not any(silently_empty(node) for node in found.values())


def test_a_relation_of_the_project_that_is_not_declared_is_found_all_the_same() -> None:
    found = lineage_of(RAW, model("m", "select amount from raw.orders"), catalog=CATALOG)["model.p.m"]
    assert edges(found) == {("amount", "orders", "amount")}


def test_names_with_other_prefixes_are_the_same_relation() -> None:
    other = replace(RAW, relation=("DEV", "RAW", "ORDERS"))
    found = lineage_of(other, model("m", "select id from raw.orders", RAW.unique_id), catalog=CATALOG)
    assert edges(found["model.p.m"]) == {("id", "orders", "id")}


def test_columns_of_the_catalog_without_a_name_in_sql_meet_by_place() -> None:
    found = lineage_of(
        RAW,
        model("m", "select id, amount + 1 from db.raw.orders", RAW.unique_id),
        catalog={**CATALOG, "model.p.m": ["id", "(amount + 1)"]},
    )["model.p.m"]
    assert found.status is Status.COMPLETE
    assert {column.status for column in found.columns.values()} == {Status.COMPLETE}


def test_names_that_come_twice_are_told_apart_by_the_catalog_or_said() -> None:
    sql = "select o.id, p.id from db.raw.orders as o join db.raw.orders as p on o.id = p.amount"
    node = model("m", sql, RAW.unique_id)
    known = lineage_of(RAW, node, catalog={**CATALOG, "model.p.m": ["id", "id_1"]})["model.p.m"]
    assert edges(known) == {("id", "orders", "id"), ("id_1", "orders", "id")}
    unknown = lineage_of(RAW, node, catalog=CATALOG)["model.p.m"]
    assert unknown.status is Status.PARTIAL
    assert "more than one column is called id" in unknown.reason


def test_what_the_catalog_has_and_the_sql_has_not_makes_it_partial() -> None:
    found = lineage_of(
        RAW,
        model("m", "select id from db.raw.orders", RAW.unique_id),
        catalog={**CATALOG, "model.p.m": ["id", "old"]},
    )["model.p.m"]
    assert found.status is Status.PARTIAL
    assert "old" in found.reason


def slow_if_asked(question: Question) -> Answer:
    """Runs in another process."""
    if "slow" in question.sql:
        time.sleep(60)
    return answer(question)


def test_a_node_that_takes_too_long_is_cut_off_and_costs_no_other() -> None:
    with Pool(1, seconds=1.0, work=slow_if_asked) as pool:
        pool.ask("one", Question("select 1 as slow", "duckdb", ()))
        pool.ask("two", Question("select 1 as quick", "duckdb", ()))
        found = {task: answer.lineage for task, answer in pool.answers()}
    assert found["one"].status is Status.UNKNOWN
    assert "longer than 1 seconds" in found["one"].reason
    assert found["two"].status is Status.COMPLETE


def end_if_asked(question: Question) -> Answer:
    """Runs in another process."""
    if "end" in question.sql:
        os._exit(1)
    return answer(question)


def test_processes_of_one_with_threads_begin_from_nothing() -> None:
    rest = threading.Event()
    thread = threading.Thread(target=rest.wait)
    thread.start()
    try:
        with Pool(2, seconds=30.0, work=slow_if_asked) as pool:
            for name in ("one", "two", "three"):
                pool.ask(name, Question(f"select 1 as {name}", "duckdb", ()))
            found = {task: answer.lineage for task, answer in pool.answers()}
    finally:
        rest.set()
        thread.join()
    assert {key: lineage.columns[0].name for key, lineage in found.items()} == {
        "one": "one",
        "two": "two",
        "three": "three",
    }


WHO_IS_KILLED = """
import os, sys
from core.lineage.columns.cache import Question
from core.lineage.columns.pool import Pool
with Pool(2, 60) as pool:
    for name in ("one", "two"):
        pool.ask(name, Question(f"select 1 as {name}", "duckdb", ()))
    list(pool.answers())
    print(*(worker.process.pid for worker in pool._workers), flush=True)
    sys.stdin.read()
"""


def test_processes_end_with_the_one_that_asks_however_it_ends() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WHO_IS_KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asking:
        assert asking.stdout is not None
        workers = [psutil.Process(int(pid)) for pid in asking.stdout.readline().split()]
        assert len(workers) == 2
        asking.kill()
        gone, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive, gone


def test_a_process_that_ends_costs_the_node_that_it_read_and_no_other() -> None:
    with Pool(1, seconds=30.0, work=end_if_asked) as pool:
        pool.ask("one", Question("select 1 as end", "duckdb", ()))
        pool.ask("two", Question("select 1 as quick", "duckdb", ()))
        found = {task: answer.lineage for task, answer in pool.answers()}
    assert "the process that read it ended" in found["one"].reason
    assert found["two"].status is Status.COMPLETE


def test_kept_outcomes_are_used_until_what_they_read_changes() -> None:
    nodes = (
        RAW,
        model("named", "select o.id from db.raw.orders as o", RAW.unique_id),
        model("star", "select * from db.raw.orders", RAW.unique_id),
    )
    outcomes = Outcomes()
    lineage_of(*nodes, catalog=CATALOG, outcomes=outcomes)
    assert outcomes.hits == 0
    lineage_of(*nodes, catalog=CATALOG, outcomes=outcomes)
    assert outcomes.hits == 2
    found = lineage_of(*nodes, catalog={RAW.unique_id: ["id", "amount", "new"]}, outcomes=outcomes)
    assert outcomes.hits == 3
    assert list(found["model.p.star"].columns) == ["id", "amount", "new"]


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ('"db"."main"."t"', ("db", "main", "t")),
        ("`proj-x`.`main`.`t`", ("proj-x", "main", "t")),
        ("`proj.main.t`", ("proj", "main", "t")),
        ("[db].[dbo].[t]", ("db", "dbo", "t")),
        ("DB.MAIN.T", ("DB", "MAIN", "T")),
        ('"a.b"."c"', ("a.b", "c")),
        ("'s3://bucket/f.parquet'", ("s3://bucket/f.parquet",)),
    ],
)
def test_names_of_relations(written: str, parts: tuple[str, ...]) -> None:
    assert name_parts(written) == parts


def test_adapters_speak_dialects() -> None:
    assert dialect_of("sqlserver") == "tsql"
    assert dialect_of("unheard of") == ""


def test_an_ephemeral_model_inlined_under_its_alias_ends_edges() -> None:
    inlined = replace(
        model("long_name", "select id from db.raw.orders", RAW.unique_id, materialization="ephemeral"),
        relation=("db", "main", "short"),
    )
    sql = "with __dbt__cte__short as (select id from db.raw.orders) select id from __dbt__cte__short"
    found = lineage_of(RAW, inlined, model("last", sql, "long_name"), catalog=CATALOG)
    assert edges(found["model.p.last"]) == {("id", "long_name", "id")}


def test_edges_spell_columns_as_their_node_does() -> None:
    found = lineage_of(
        source("orders"),
        model("one", "select o.ID from db.raw.orders as o", RAW.unique_id),
        model("two", "select o.id from db.raw.orders as o", RAW.unique_id),
    )
    (spelled,) = found[RAW.unique_id].columns
    read = [edges(found[f"model.p.{name}"]) for name in ("one", "two")]
    assert {column for pairs in read for _, _, column in pairs} == {spelled}


def test_a_source_that_is_a_call_is_found_by_the_call() -> None:
    outside = replace(RAW, relation=name_parts("read_csv('x/orders.csv', header=true)"))
    sql = "select id from read_csv('x/orders.csv', header = true)"
    found = lineage_of(outside, model("one", sql, RAW.unique_id), catalog=CATALOG)
    assert edges(found["model.p.one"]) == {("id", "orders", "id")}
