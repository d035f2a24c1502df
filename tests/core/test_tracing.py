"""Column lineage in the tables: what is computed, what is left alone, what stays when SQL cannot be read."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.catalog.snapshots.models import Snapshot
from core.lineage.columns import engine
from core.lineage.models import ColumnEdge, LineageColumn, LineageOutcome, LineageState, NodeLineageVersion
from core.lineage.tracing import computing, retention, service, states
from core.lineage.tracing.computing import Limits
from core.lineage.tracing.service import Outcome, pending, trace_environment
from tests.core.building import Raw, Shop, catalog_file, compiled, invoked, model, source

ONE = Limits(workers=1)
RAW = source("orders")
RAW_ID = RAW["unique_id"]
Edge = tuple[str, str, str, str]


def sql(name: str, code: str, *reads: str, raw: str | None = None, **more: Any) -> Raw:
    ids = [read if "." in read else f"model.shop.{read}" for read in reads]
    return compiled(model(name, reads=ids, raw_code=raw or f"raw of {code}", **more), code)


def trace(shop: Shop) -> Outcome:
    outcome = trace_environment(shop.db, shop.environment_id, ONE)
    assert outcome is not None
    return outcome


def versions(shop: Shop) -> dict[str, NodeLineageVersion]:
    query = sa.select(NodeLineageVersion).where(
        NodeLineageVersion.environment_id == shop.environment_id, NodeLineageVersion.valid_to.is_(None)
    )
    with shop.db.session() as session:
        return {row.unique_id.split(".", 2)[-1]: row for row in session.scalars(query)}


def edges(shop: Shop, at: int | None = None) -> set[Edge]:
    """(parent, child, kind, transform) with columns as `node.column`; now, or as of a snapshot."""
    parent, child = sa.orm.aliased(LineageColumn), sa.orm.aliased(LineageColumn)
    until = ColumnEdge.valid_to
    holds = (
        until.is_(None)
        if at is None
        else sa.and_(ColumnEdge.valid_from <= at, sa.or_(until.is_(None), until > at))
    )
    query = (
        sa.select(parent, child, ColumnEdge.kind, ColumnEdge.transform)
        .select_from(ColumnEdge)
        .join(parent, parent.id == ColumnEdge.parent_id)
        .join(child, child.id == ColumnEdge.child_id)
        .where(child.environment_id == shop.environment_id, holds)
    )
    with shop.db.session() as session:
        return {(short(a), short(b), kind, how) for a, b, kind, how in session.execute(query)}


def short(column: LineageColumn) -> str:
    return f"{column.unique_id.rsplit('.', 1)[-1]}.{column.name}"


def value_edges(shop: Shop) -> set[tuple[str, str]]:
    return {(a, b) for a, b, kind, _ in edges(shop) if kind == "value"}


def content(shop: Shop) -> tuple[Any, ...]:
    """All that is shown of the lineage now, as if it had just been computed."""
    rows = {
        key: (row.status, row.reason, row.columns, row.complete, row.used, row.code_hash)
        for key, row in versions(shop).items()
    }
    return rows, edges(shop)


def forget_lineage(shop: Shop) -> None:
    with shop.db.session() as session:
        for table in (LineageColumn, NodeLineageVersion, LineageState):
            session.execute(sa.delete(table).where(table.environment_id == shop.environment_id))
        session.execute(sa.delete(LineageOutcome))


def state(shop: Shop) -> LineageState:
    with shop.db.session() as session:
        return session.get_one(LineageState, shop.environment_id)


STG = sql("stg", 'select id, amount as value from "dev"."main"."raw.orders" where amount > 0', RAW_ID)
MART = sql("mart", 'select id, sum(value) as total from "dev"."main"."stg" group by id', "stg")
LOOSE = sql("loose", 'select * from "dev"."main"."mart"', "mart")


def test_edges_and_columns_are_kept(shop: Shop) -> None:
    shop.know(RAW, STG, MART, LOOSE)
    outcome = trace(shop)
    assert outcome.computed == 3
    assert ("orders.amount", "stg.value", "value", "renamed") in edges(shop)
    assert ("stg.value", "mart.total", "value", "aggregated") in edges(shop)
    assert ("orders.amount", "stg.*", "influence", "filter") in edges(shop)
    assert ("stg.*", "stg.id", "rows", "rows") in edges(shop)
    assert ("mart.total", "loose.total", "value", "copied") in edges(shop)
    found = versions(shop)
    assert {key: row.status for key, row in found.items()} == {
        "raw.orders": "not_applicable",
        "stg": "complete",
        "mart": "complete",
        "loose": "complete",
    }
    assert [column["name"] for column in found["raw.orders"].columns] == ["id", "amount"]
    assert state(shop).state == "done"
    assert state(shop).snapshot_id == outcome.snapshot_id


def test_nothing_is_done_twice(shop: Shop) -> None:
    shop.know(RAW, STG, MART)
    trace(shop)
    assert pending(shop.db, shop.environment_id) == 0
    assert trace(shop) == Outcome(None)
    shop.know(RAW, STG, MART, LOOSE)
    assert pending(shop.db, shop.environment_id) == 1
    assert trace(shop).computed == 1


def test_only_what_reads_changed_columns_is_computed_again(shop: Shop) -> None:
    shop.know(RAW, STG, MART, LOOSE)
    trace(shop)
    shop.know(RAW, sql("stg", STG["compiled_code"] + " and id > 1", RAW_ID), MART, LOOSE)
    assert trace(shop).computed == 1
    shop.know(
        RAW,
        sql("stg", 'select id, amount as value, 1 as one from "dev"."main"."raw.orders"', RAW_ID),
        MART,
        LOOSE,
    )
    outcome = trace(shop)
    assert (outcome.nodes, outcome.computed) == (2, 1)


def test_what_was_read_once_is_not_read_again(shop: Shop) -> None:
    shop.know(RAW, STG, MART)
    trace(shop)
    shop.know(RAW, sql("stg", 'select id, amount + 1 as value from "dev"."main"."raw.orders"', RAW_ID), MART)
    assert trace(shop).computed == 1
    shop.know(RAW, STG, MART)
    assert trace(shop).computed == 0
    assert ("orders.amount", "stg.value", "value", "renamed") in edges(shop)


def test_lineage_of_the_past_can_be_read(shop: Shop) -> None:
    shop.know(RAW, STG, MART)
    first = trace(shop).snapshot_id
    shop.know(RAW, STG, sql("mart", 'select id from "dev"."main"."stg"', "stg"))
    second = trace(shop).snapshot_id
    assert first is not None
    assert ("stg.value", "mart.total", "value", "aggregated") in edges(shop, first)
    assert not {edge for edge in edges(shop, second) if edge[1] == "mart.total"}
    shop.know(RAW, STG)
    trace(shop)
    assert not {edge for edge in edges(shop) if edge[1].startswith("mart.")}
    assert "mart" not in versions(shop)


INLINED = f"with __dbt__cte__stg as ({STG['compiled_code']}) select id, value as total from __dbt__cte__stg"  # noqa: S608
EDITS: Mapping[str, list[Raw]] = {
    "a column more": [
        RAW,
        sql("stg", 'select *, 1 as one from "dev"."main"."raw.orders"', RAW_ID),
        MART,
        LOOSE,
    ],
    "other names": [
        RAW,
        sql("stg", 'select id, id + amount as value from "dev"."main"."raw.orders"', RAW_ID),
        MART,
        LOOSE,
    ],
    "a source column is read no more": [
        RAW,
        sql("stg", 'select id, 1 as value from "dev"."main"."raw.orders"', RAW_ID),
        MART,
    ],
    "one that is broken": [RAW, STG, sql("mart", "select from where", "stg"), LOOSE],
    "a description": [RAW, STG, {**MART, "description": "of orders"}, LOOSE],
    "declared columns": [RAW, {**STG, "columns": {"ID": {"name": "ID"}}}, MART, LOOSE],
    "an undeclared read": [RAW, STG, MART, sql("loose", 'select total from "main"."mart"')],
    "ephemeral": [
        RAW,
        sql("stg", STG["compiled_code"], RAW_ID, config={"materialized": "ephemeral"}),
        sql(
            "mart",
            INLINED,
            "stg",
        ),
        LOOSE,
    ],
    "another reader": [
        RAW,
        STG,
        MART,
        sql("other", 'select o.kind from "dev"."main"."raw.orders" as o', RAW_ID),
    ],
    "fewer": [RAW, STG],
    "nothing": [],
}
PAIRS = list(itertools.pairwise([*EDITS, *reversed(EDITS), *list(EDITS)[::2], *list(EDITS)[1::3]]))


def test_step_by_step_is_the_same_as_all_at_once(shop: Shop) -> None:
    other = shop.other_environment()
    for before, after in PAIRS:
        shop.know(*EDITS[after])
        other.know(*EDITS[after])
        trace(shop)
        forget_lineage(other)
        trace(other)
        if after != "one that is broken":
            one, two = content(shop), content(other)
            assert one[0] == two[0], f"{before} -> {after}"
            assert one[1] == two[1], f"{before} -> {after}"


def test_readers_of_a_node_that_cannot_be_read_know_its_columns_of_before(shop: Shop) -> None:
    shop.know(RAW, STG, MART)
    trace(shop)
    shop.know(RAW, STG, sql("mart", "select from where", "stg"), LOOSE)
    trace(shop)
    assert versions(shop)["mart"].kept_since is not None
    assert versions(shop)["loose"].status == "complete"
    assert ("mart.total", "loose.total") in value_edges(shop)


def test_ephemeral_models_inside_each_other_are_known_by_their_aliases(shop: Shop) -> None:
    inlined = {"config": {"materialized": "ephemeral"}, "relation_name": None}
    first = sql("first", STG["compiled_code"], RAW_ID, alias="one", **inlined)
    inner = f"with __dbt__cte__one as ({STG['compiled_code']}) select id, value as v from __dbt__cte__one"  # noqa: S608
    second = sql("second", inner, "first", **inlined)
    outer = (
        f"with __dbt__cte__one as ({STG['compiled_code']}), "  # noqa: S608
        "__dbt__cte__second as (select id, value as v from __dbt__cte__one) "
        "select v as w from __dbt__cte__second"
    )
    shop.know(RAW, first, second)
    trace(shop)
    shop.know(RAW, first, second, sql("last", outer, "second"))
    assert trace(shop).computed == 1
    assert {edge for edge in value_edges(shop) if edge[1] in {"last.w", "second.v"}} == {
        ("second.v", "last.w"),
        ("first.value", "second.v"),
    }


def test_good_lineage_is_not_replaced_by_none(shop: Shop) -> None:
    shop.know(RAW, STG, MART)
    first = trace(shop).snapshot_id
    shop.know(RAW, STG, sql("mart", "select from where (", "stg"))
    trace(shop)
    kept = versions(shop)["mart"]
    assert (kept.status, kept.kept_since) == ("unknown", first)
    assert "not understood" in kept.reason
    assert "known before" in kept.reason
    assert ("stg.value", "mart.total", "value", "aggregated") in edges(shop)
    shop.know(RAW, STG, sql("mart", "select still wrong (", "stg"))
    trace(shop)
    assert versions(shop)["mart"].kept_since == first
    shop.know(RAW, STG, MART)
    trace(shop)
    assert (versions(shop)["mart"].status, versions(shop)["mart"].kept_since) == ("complete", None)


def test_parsing_alone_loses_no_lineage_and_says_that_it_is_older(shop: Shop) -> None:
    shop.know(RAW, STG, MART)
    trace(shop)
    parsed = {key: value for key, value in MART.items() if key not in {"compiled", "compiled_code"}}
    shop.know(RAW, STG, parsed)
    trace(shop)
    assert versions(shop)["mart"].status == "complete"
    shop.know(RAW, STG, {**parsed, "raw_code": "select something else"})
    trace(shop)
    older = versions(shop)["mart"]
    assert older.status == "partial"
    assert "dbt compile" in older.reason
    assert ("stg.value", "mart.total", "value", "aggregated") in edges(shop)


def test_a_model_that_was_never_compiled_says_so(shop: Shop) -> None:
    shop.know(RAW, model("never", reads=[RAW_ID]))
    trace(shop)
    never = versions(shop)["never"]
    assert (never.status, never.columns, never.kept_since) == ("unknown", [], None)
    assert "dbt compile" in never.reason


def test_columns_of_the_catalog_feed_stars(shop: Shop) -> None:
    star = sql("star", 'select * from "dev"."main"."wide"', "wide")
    shop.know(model("wide"), star)
    trace(shop)
    assert versions(shop)["star"].status == "unknown"
    shop.take("catalog.json", invoked(catalog_file(wide={"A": "int", "B": "int"})))
    trace(shop)
    assert value_edges(shop) == {("wide.A", "star.A"), ("wide.B", "star.B")}
    assert {column["known_from"] for column in versions(shop)["wide"].columns} == {"catalog"}


def test_names_in_other_case_are_the_same_column(shop: Shop) -> None:
    shop.know(
        RAW,
        sql("one", 'select ID as x from "dev"."main"."raw.orders"', RAW_ID),
        sql("two", 'select id as y from "dev"."main"."raw.orders"', RAW_ID),
    )
    trace(shop)
    assert len({parent for parent, _ in value_edges(shop)}) == 1
    assert len(versions(shop)["raw.orders"].columns) == 1


def test_the_past_is_forgotten_with_its_snapshots(shop: Shop) -> None:
    shop.know(RAW, STG, MART)
    trace(shop)
    shop.know(RAW, STG, sql("mart", 'select id from "dev"."main"."stg"', "stg"))
    second = trace(shop).snapshot_id
    shop.know(RAW, STG)
    trace(shop)
    shop.know(RAW, STG, {**RAW, "unique_id": f"{RAW_ID}_too"})
    last = trace(shop).snapshot_id
    before = content(shop)
    with shop.db.session() as session:
        session.execute(sa.delete(Snapshot).where(Snapshot.id < second))
    assert retention.forget(shop.db, days=90) == 0
    with shop.db.session() as session:
        session.execute(sa.delete(Snapshot).where(Snapshot.id < last))
    assert retention.forget(shop.db, days=90) > 0
    assert content(shop) == before
    with shop.db.session() as session:
        columns = session.scalars(sa.select(LineageColumn.unique_id).distinct())
        assert sorted(columns) == ["model.shop.stg", RAW_ID]
        assert session.scalar(sa.select(sa.func.count()).select_from(LineageOutcome)) == 3
    with shop.db.session() as session:
        session.execute(sa.update(LineageOutcome).values(used_at=sa.func.now() - timedelta(days=100)))
    assert retention.forget(shop.db, days=90) == 3


def test_an_attempt_that_fails_changes_nothing_and_says_why(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.know(RAW, STG)
    trace(shop)
    before = content(shop)
    shop.know(RAW, STG, MART)

    def broken(*_arguments: Any, **_more: Any) -> Any:
        raise MemoryError("no memory is left")

    with monkeypatch.context() as patch:
        patch.setattr(computing, "project_lineage", broken)
        with pytest.raises(MemoryError):
            trace(shop)
    assert content(shop) == before
    assert (state(shop).state, state(shop).error) == ("failed", "MemoryError: no memory is left")
    with shop.db.session() as session:
        assert [item.attempts for item in states.behind(session)] == [1]
    trace(shop)
    assert (state(shop).state, state(shop).error, state(shop).attempts) == ("done", None, 0)


def test_three_failures_are_enough_until_somebody_asks_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.know(RAW, STG)
    monkeypatch.setattr(service, "Writing", lambda *_: 1 / 0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            trace(shop)
    with shop.db.session() as session:
        assert states.behind(session) == []
        states.ask_again(session, shop.environment_id)
    with shop.db.session() as session:
        assert [item.attempts for item in states.behind(session)] == [0]


def test_only_one_works_on_an_environment(shop: Shop) -> None:
    shop.know(RAW, STG)
    with states.exclusively(shop.db, shop.environment_id) as held:
        assert held
        assert trace_environment(shop.db, shop.environment_id, ONE) is None
    assert trace(shop).computed == 1


def test_another_engine_reads_everything_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.know(RAW, STG, MART)
    trace(shop)
    before = content(shop)
    for module in ("inputs", "outcomes", "service", "states"):
        monkeypatch.setattr(f"core.lineage.tracing.{module}.engine_digest", lambda: "another")
    assert trace(shop).computed == 2
    assert content(shop) == before


def test_environments_keep_their_own(shop: Shop) -> None:
    other = shop.other_environment()
    shop.know(RAW, STG)
    other.know(RAW, STG, MART)
    trace(shop)
    trace(other)
    assert "mart" not in versions(shop)
    shop.know()
    trace(shop)
    assert edges(shop) == set()
    assert "mart" in versions(other)
    assert ("stg.value", "mart.total", "value", "aggregated") in edges(other)


def test_a_catalog_without_nodes_has_no_lineage_and_is_done(shop: Shop) -> None:
    shop.know()
    assert trace(shop).nodes == 0
    assert state(shop).state == "done"


def chain(length: int) -> Iterator[Raw]:
    yield RAW
    yield sql("m0", 'select * from "dev"."main"."raw.orders"', RAW_ID)
    for number in range(1, length):
        yield sql(f"m{number}", f'select * from "dev"."main"."m{number - 1}"', f"m{number - 1}")  # noqa: S608


def test_a_new_column_runs_down_a_chain_of_stars(shop: Shop) -> None:
    nodes = list(chain(12))
    nodes[1] = sql("m0", 'select id from "dev"."main"."raw.orders"', RAW_ID)
    shop.know(*nodes)
    trace(shop)
    nodes[1] = sql("m0", 'select id, amount from "dev"."main"."raw.orders"', RAW_ID)
    shop.know(*nodes)
    outcome = trace(shop)
    assert outcome.nodes == 12
    assert ("m10.amount", "m11.amount") in value_edges(shop)


def test_the_time_limit_of_a_node_is_its_reason(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.know(RAW, STG)
    assert engine.trace("select 1", "duckdb", []).status == "complete"
    limits = replace(ONE, seconds=0.0)
    trace_environment(shop.db, shop.environment_id, limits)
    assert "longer than 0 seconds" in versions(shop)["stg"].reason
    assert versions(shop)["stg"].status == "unknown"
