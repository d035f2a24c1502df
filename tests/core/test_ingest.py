"""Artifacts on their way into the catalog."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.artifacts import service
from core.artifacts.models import Ingest, RunArtifact
from core.artifacts.service import Arrival, collect
from core.artifacts.store import ArtifactStore
from core.catalog.models import LineageEdge, Node, NodeColumn, NodeResult, SourceFreshness
from core.catalog.values import source_hash
from core.catalog.writing import Changes
from core.runs import recording
from core.runs.models import RunNode
from core.runs.recording import NodeReport, StepContext
from core.workspaces.models import WorkspaceState
from tests.core.building import (
    Shop,
    catalog_file,
    check,
    compiled,
    manifest,
    model,
    open_shop,
    result,
    run_results,
    source,
    sources_file,
)


def rows(shop: Shop, query: sa.Select[Any]) -> list[Any]:
    with shop.db.session() as session:
        return list(session.scalars(query))


def whole(shop: Shop) -> list[Any]:
    """Everything the catalog says, row by row."""
    said: list[Any] = []
    for table in (Node, NodeColumn, LineageEdge, NodeResult, SourceFreshness):
        columns = [column for column in table.__table__.columns if column.name != "id"]
        with shop.db.session() as session:
            said += [
                (table.__name__, *row) for row in session.execute(sa.select(*columns).order_by(*columns[:3]))
            ]
    return said


def a_node(shop: Shop, name: str) -> Node:
    return rows(shop, sa.select(Node).where(Node.name == name))[0]


def changes(record: Ingest) -> tuple[str, int, int, int]:
    return record.outcome, record.added, record.changed, record.removed


def test_a_manifest_fills_the_catalog_and_makes_the_workspace_ready(shop: Shop) -> None:
    record = shop.know(
        source("orders"), model("orders", reads=["source.shop.raw.orders"], columns={"id": {}})
    )
    assert changes(record) == ("ingested", 2, 0, 0)
    workspace = shop.workspace()
    assert (workspace.state, workspace.adapter_type, workspace.dbt_version) == ("ready", "duckdb", "1.11.16")
    assert workspace.manifest_digest == record.digest
    edges = rows(shop, sa.select(LineageEdge))
    assert [(edge.parent, edge.child) for edge in edges] == [("source.shop.raw.orders", "model.shop.orders")]


def test_the_same_manifest_twice_changes_nothing(shop: Shop) -> None:
    nodes = [compiled(model("a", columns={"id": {}})), model("b", reads=["model.shop.a"])]
    shop.know(*nodes)
    before = whole(shop)
    assert changes(shop.know(*nodes)) == ("ingested", 0, 0, 0)
    assert whole(shop) == before


def test_only_what_changed_is_written(shop: Shop) -> None:
    shop.know(model("a"), model("b", reads=["model.shop.a"]), model("c", reads=["model.shop.b"]))
    record = shop.know(model("a", description="new"), model("c", reads=["model.shop.a"]), model("d"))
    assert changes(record) == ("ingested", 1, 2, 1)
    assert sorted(rows(shop, sa.select(Node.name))) == ["a", "c", "d"]
    assert a_node(shop, "a").description == "new"
    edges = rows(shop, sa.select(LineageEdge))
    assert [(edge.parent, edge.child) for edge in edges] == [("model.shop.a", "model.shop.c")]


def test_a_removed_node_takes_its_columns_along_and_keeps_its_result_for_its_return(shop: Shop) -> None:
    shop.know(model("a", columns={"id": {}}), model("b"))
    shop.ran(result("model.shop.a", "success"))
    shop.know(model("b"))
    assert rows(shop, sa.select(NodeColumn)) == []
    shop.know(model("a"), model("b"))
    assert [row.unique_id for row in rows(shop, sa.select(NodeResult))] == ["model.shop.a"]


def test_compiled_sql_outlives_a_manifest_without_it(shop: Shop) -> None:
    raw = model("a")
    shop.know(compiled(raw, "select 1 as one"))
    shop.know(raw)
    kept = a_node(shop, "a")
    assert (kept.compiled_code, kept.compiled_from == source_hash(kept.raw_code)) == ("select 1 as one", True)
    shop.know({**raw, "raw_code": "select 2"})
    stale = a_node(shop, "a")
    assert (stale.compiled_code, stale.compiled_from == source_hash(stale.raw_code)) == (
        "select 1 as one",
        False,
    )
    shop.know(compiled({**raw, "raw_code": "select 2"}, "select 2"))
    fresh = a_node(shop, "a")
    assert (fresh.compiled_code, fresh.compiled_from == source_hash(fresh.raw_code)) == ("select 2", True)


def test_compiled_sql_that_did_not_change_keeps_its_time(shop: Shop) -> None:
    shop.know(compiled(model("a")))
    before = a_node(shop, "a").compiled_at
    shop.know(compiled(model("a")), model("b"))
    assert a_node(shop, "a").compiled_at == before


BROKEN = [
    ("manifest.json", b'{"metadata": {', "not valid JSON"),
    ("manifest.json", b"{}", "no metadata"),
    ("catalog.json", b"", "not valid JSON"),
    (
        "run_results.json",
        b'{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v1.json"}}',
        "holds a manifest artifact",
    ),
    (
        "sources.json",
        b'{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/sources/v3.json"}}',
        "no list of results",
    ),
]


@pytest.mark.parametrize(("name", "content", "said"), BROKEN)
def test_a_broken_file_is_kept_recorded_and_changes_nothing(
    shop: Shop, name: str, content: bytes, said: str
) -> None:
    shop.know(compiled(model("a", columns={"id": {}})))
    digest = shop.workspace().manifest_digest
    before = whole(shop)
    record = shop.take(name, content, run_id="run-9")
    assert record.outcome == "refused"
    assert name in (record.message or "")
    assert said in (record.message or "")
    assert whole(shop) == before
    assert shop.workspace().manifest_digest == digest
    (kept,) = rows(shop, sa.select(RunArtifact))
    assert (kept.name, ArtifactStore(shop.folder).read(kept.digest)) == (name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run_results.json", run_results(result("model.shop.a", "x" * 31))),
        ("run_results.json", run_results(result("model.shop.a", "fail", failures=2**70))),
        ("manifest.json", manifest(model("a"), {**model("b"), "resource_type": "m" * 51})),
    ],
)
def test_a_value_that_no_column_holds_refuses_the_file_and_nothing_else(
    shop: Shop, name: str, content: Any
) -> None:
    shop.know(model("a"))
    before = whole(shop)
    record = shop.take(name, content, run_id="run-9")
    assert record.outcome == "refused"
    assert "a value that the catalog cannot keep" in (record.message or "")
    assert whole(shop) == before


def test_nul_in_an_artifact_is_no_reason_to_refuse_it(shop: Shop) -> None:
    assert (
        shop.know(compiled(model("a", description="x\0y", meta={"k": "\0"}), "select '\0'")).outcome
        == "ingested"
    )
    assert a_node(shop, "a").description == "x\ufffdy"
    assert shop.ran(result("model.shop.a", "error", message="bad \0 byte")).outcome == "ingested"
    assert rows(shop, sa.select(NodeResult.message)) == ["bad \ufffd byte"]


def test_one_broken_file_does_not_keep_the_others_out(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "manifest.json").write_text(json.dumps(manifest(model("a"))))
    (target / "catalog.json").write_text("half of a")
    (target / "run_results.json").write_text(json.dumps(run_results(result("model.shop.a", "success"))))
    (target / "sources.json").mkdir()
    records = collect(
        shop.db, ArtifactStore(tmp_path), Arrival(shop.workspace_id, "run-1", 1, "build"), target
    )
    outcomes = [(record.name, record.outcome) for record in records]
    assert outcomes == [
        ("manifest.json", "ingested"),
        ("catalog.json", "refused"),
        ("run_results.json", "ingested"),
    ]
    assert rows(shop, sa.select(NodeResult.status)) == ["success"]


def test_a_refused_manifest_breaks_the_workspace_and_a_good_one_mends_it(shop: Shop) -> None:
    shop.know(model("a"))
    shop.take("manifest.json", b"oops")
    assert shop.workspace().state == WorkspaceState.BROKEN
    assert "manifest.json is not valid JSON" in (shop.workspace().state_message or "")
    shop.know(model("a"))
    assert (shop.workspace().state, shop.workspace().state_message) == (WorkspaceState.READY, None)


# Columns

Columns = list[tuple[str, int, str | None, str | None, bool, bool]]


def columns(shop: Shop) -> Columns:
    query = sa.select(NodeColumn).order_by(NodeColumn.position, NodeColumn.name)
    return [
        (c.name, c.position, c.declared_type, c.catalog_type, c.is_declared, c.in_catalog)
        for c in rows(shop, query)
    ]


def declare(shop: Shop, **declared: dict[str, Any]) -> None:
    shop.know(model("a", columns=declared))


def report(shop: Shop, **reported: str) -> None:
    shop.take("catalog.json", catalog_file(a=reported))


@pytest.mark.parametrize("order", [(declare, report), (report, declare)])
def test_columns_of_catalog_and_project_meet_regardless_of_case(
    shop: Shop, order: list[Callable[..., None]]
) -> None:
    shop.know(model("a"))
    given = {
        declare: {"id": {"data_type": "int", "description": "Key."}, "gone": {}},
        report: {"ID": "INTEGER", "NEW": "TEXT"},
    }
    for step in order:
        step(shop, **given[step])
    assert sorted(columns(shop)) == [
        ("NEW", 2, None, "TEXT", False, True),
        ("gone", 1, None, None, True, False),
        ("id", 1, "int", "INTEGER", True, True),
    ]


def test_a_column_that_left_the_warehouse_is_only_declared_again(shop: Shop) -> None:
    declare(shop, id={}, amount={})
    report(shop, id="INTEGER", amount="DOUBLE", extra="TEXT")
    report(shop, id="INTEGER")
    assert [(name, known) for name, _, _, _, _, known in columns(shop)] == [("id", True), ("amount", False)]


def test_a_change_of_the_project_keeps_what_the_warehouse_said(shop: Shop) -> None:
    declare(shop, id={}, amount={})
    report(shop, amount="DOUBLE", id="INTEGER")
    declare(shop, id={"description": "Key."})
    assert columns(shop) == [
        ("amount", 1, None, "DOUBLE", False, True),
        ("id", 2, None, "INTEGER", True, True),
    ]


@pytest.mark.parametrize("times", [1, 2])
def test_columns_that_differ_in_case_alone_are_two(shop: Shop, times: int) -> None:
    declare(shop, ID={"data_type": "int"})
    report(shop, id="INTEGER", ID="TEXT")
    if times == 2:
        declare(shop, ID={"data_type": "int", "description": "new"})
    found = {name: (declared, kind) for name, _, declared, kind, _, _ in columns(shop)}
    assert found == {"id": (None, "INTEGER"), "ID": ("int", "TEXT")}


def test_a_catalog_leaves_tables_alone_that_it_does_not_list(shop: Shop) -> None:
    shop.know(model("a"), model("b"))
    shop.take("catalog.json", catalog_file(a={"x": "INT"}, b={"y": "INT"}, stranger={"z": "INT"}))
    shop.take("catalog.json", catalog_file(b={"z": "INT"}))
    assert sorted(rows(shop, sa.select(NodeColumn.name))) == ["x", "z"]


# Results


def latest(shop: Shop, name: str = "a") -> NodeResult:
    return rows(shop, sa.select(NodeResult).where(NodeResult.unique_id == f"model.shop.{name}"))[0]


def test_the_later_result_wins_whatever_the_order_they_come_in(shop: Shop) -> None:
    shop.know(model("a"))
    shop.ran(result("model.shop.a", "error", at="2026-01-02T00:00:00Z"), run_id="late")
    shop.ran(result("model.shop.a", "success", at="2026-01-01T00:00:00Z"), run_id="early")
    assert (latest(shop).status, latest(shop).run_id) == ("error", "late")
    shop.ran(result("model.shop.a", "success", at="2026-01-03T00:00:00Z"), run_id="later")
    assert (latest(shop).status, latest(shop).run_id) == ("success", "later")
    assert len(rows(shop, sa.select(RunNode))) == 3


def test_a_command_that_executes_nothing_says_nothing_of_a_nodes_health(shop: Shop) -> None:
    shop.know(model("a"))
    shop.ran(result("model.shop.a", "error"))
    for number, command in enumerate(("compile", "docs generate", "run-operation")):
        at = f"2026-02-0{number + 1}T00:00:00Z"
        shop.ran(result("model.shop.a", "success", at=at), run_id=f"c{number}", command=command)
    assert latest(shop).status == "error"


def test_results_of_nodes_the_catalog_does_not_know_are_kept(shop: Shop) -> None:
    shop.ran(result("model.shop.unheard.of", "success"))
    (seen,) = rows(shop, sa.select(RunNode))
    assert (seen.name, seen.resource_type) == ("of", "model")


def test_freshness_follows_the_latest_answer(shop: Shop) -> None:
    def said(status: str, at: str) -> dict[str, Any]:
        moment = f"2026-01-0{at}T00:00:00Z"
        return {
            "unique_id": "source.shop.raw.orders",
            "status": status,
            "max_loaded_at": moment,
            "snapshotted_at": moment,
        }

    shop.know(source("orders"))
    shop.take(
        "sources.json",
        sources_file(said("pass", "1"), said("warn", "2")),
        run_id="r",
        command="source freshness",
    )
    shop.take("sources.json", sources_file(said("error", "3")), run_id="s", command="source freshness")
    (row,) = rows(shop, sa.select(SourceFreshness))
    assert (row.status, row.run_id, row.max_loaded_at) == (
        "error",
        "s",
        datetime.fromisoformat("2026-01-03T00:00:00+00:00"),
    )


def test_a_source_that_could_not_be_asked_says_why(shop: Shop) -> None:
    shop.know(source("orders"))
    problem = {"unique_id": "source.shop.raw.orders", "status": "runtime error", "error": "no such table"}
    shop.take("sources.json", sources_file(problem))
    (row,) = rows(shop, sa.select(SourceFreshness))
    assert (row.status, row.message, row.max_loaded_at) == ("runtime error", "no such table", None)


# Several at once


def test_ingests_of_one_workspace_wait_for_each_other(shop: Shop) -> None:
    manifests = [manifest(*(model(f"m{number}_{wave}") for number in range(40))) for wave in range(4)]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda raw: shop.take("manifest.json", raw).outcome, manifests))
    assert done == ["ingested"] * 4
    names = rows(shop, sa.select(Node.name))
    assert len(names) == 40
    assert len({name.rsplit("_", 1)[1] for name in names}) == 1


def test_events_of_other_runs_do_not_wait_for_an_ingest(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, done = threading.Event(), threading.Event()

    def slow(*_arguments: Any) -> Changes:
        inside.set()
        assert done.wait(20)
        return Changes()

    monkeypatch.setitem(service._INGESTERS, "catalog.json", slow)
    began = NodeReport("model.shop.a", "a", "model", "running", None)
    with ThreadPoolExecutor(1) as pool:
        ingest = pool.submit(shop.take, "catalog.json", catalog_file())
        assert inside.wait(20)
        try:
            with shop.db.session() as run:
                run.execute(sa.text("set local lock_timeout = '2s'"))
                recording.record_node(run, StepContext(shop.workspace_id, "run-1", 1, "build"), began)
        finally:
            done.set()
        assert ingest.result().outcome == "ingested"


def test_workspaces_do_not_see_each_other(shop: Shop) -> None:
    other = open_shop(shop.db, shop.folder, "other")
    shop.know(model("a"))
    other.know(model("a"), model("b", reads=["model.shop.a"]))
    other.ran(result("model.shop.a", "error"))
    shop.know(model("c"))
    query = sa.select(Node.name).where(Node.workspace_id == other.workspace_id).order_by(Node.name)
    assert rows(other, query) == ["a", "b"]
    assert rows(shop, sa.select(NodeResult.workspace_id)) == [other.workspace_id]


def test_tests_keep_their_severity_and_column(shop: Shop) -> None:
    shop.know(
        model("a"),
        check("t", reads=["model.shop.a"], kind="not_null", column_name="id", config={"severity": "warn"}),
    )
    found = a_node(shop, "t")
    assert (found.test_kind, found.attached_node, found.column_name, found.severity) == (
        "not_null",
        "model.shop.a",
        "id",
        "warn",
    )


# Real projects


@pytest.mark.parametrize("project", ["jaffle_shop", "dbt_project_evaluator"])
def test_a_real_project_is_taken_in_whole_and_once(shop: Shop, reference_data: Path, project: str) -> None:
    folder = reference_data / "projects" / project
    for _ in range(2):
        records = collect(
            shop.db, ArtifactStore(shop.folder), Arrival(shop.workspace_id, "run-1", 1, "build"), folder
        )
        assert [record.outcome for record in records] == ["ingested"] * 4
        before = len(rows(shop, sa.select(Node.id)))
    assert len(rows(shop, sa.select(Node.id))) == before > 30
    assert changes(records[0])[1:] == (0, 0, 0)


def test_the_largest_real_project_is_taken_in(shop: Shop, reference_data: Path) -> None:
    folder = reference_data / "projects" / "tuva"
    first = shop.take("manifest.json", (folder / "manifest.json").read_bytes())
    assert first.outcome == "ingested"
    assert first.added > 1000
    assert shop.take("catalog.json", (folder / "catalog.json").read_bytes()).outcome == "ingested"
    ran = shop.take(
        "run_results.json", (folder / "run_results_run.json").read_bytes(), run_id="r", command="run"
    )
    assert (ran.outcome, len(rows(shop, sa.select(NodeResult.unique_id)))) == ("ingested", ran.changed)
    again = shop.take("manifest.json", (folder / "manifest.json").read_bytes())
    assert changes(again) == ("ingested", 0, 0, 0)
    assert len(rows(shop, sa.select(NodeColumn.id).where(NodeColumn.in_catalog))) > 9000
