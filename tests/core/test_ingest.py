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

from core.artifacts import applying
from core.artifacts.bundle import Ingested
from core.artifacts.models import Ingest, RunArtifact
from core.artifacts.store import ArtifactStore
from core.catalog.ingest.ports import Changes
from core.catalog.models import LineageEdge, Node, NodeHealth, NodeResult, NodeSearch, SourceFreshness
from core.catalog.node_view import NodeView, view_node
from core.catalog.snapshots.models import NodeVersion, Snapshot, WarehouseTable
from core.kit.errors import NotFound
from core.runs import recording
from core.runs.models import RunNode
from core.runs.recording import NodeReport, StepContext
from core.workspaces.models import WorkspaceState
from tests.core.building import (
    Raw,
    Shop,
    catalog_file,
    check,
    compiled,
    invoked,
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
    tables = (Node, NodeSearch, NodeVersion, Snapshot, LineageEdge, NodeResult, NodeHealth, SourceFreshness)
    for table in tables:
        # The manifest's very bytes are no part of what is said.
        columns = [column for column in table.__table__.columns if column.name not in {"id", "entry_hash"}]
        with shop.db.session() as session:
            said += [
                (table.__name__, *row) for row in session.execute(sa.select(*columns).order_by(*columns[:3]))
            ]
    return said


def a_node(shop: Shop, name: str) -> Node:
    return rows(shop, sa.select(Node).where(Node.name == name))[0]


def viewed(shop: Shop, name: str = "a") -> NodeView:
    with shop.db.session() as session:
        return view_node(session, shop.reading, f"model.shop.{name}")


def changes(taken: Ingested) -> tuple[str, int, int, int]:
    return taken.outcome, taken.added, taken.changed, taken.removed


def recorded(shop: Shop) -> list[tuple[str, str]]:
    """What became of each file so far, by name and outcome."""
    return [(record.name, record.outcome) for record in rows(shop, sa.select(Ingest).order_by(Ingest.id))]


def test_a_manifest_fills_the_catalog_and_makes_the_workspace_ready(shop: Shop) -> None:
    record = shop.know(
        source("orders"), model("orders", reads=["source.shop.raw.orders"], columns={"id": {}})
    )
    assert changes(record) == ("ingested", 2, 0, 0)
    workspace = shop.workspace()
    assert (workspace.state, workspace.adapter_type, workspace.dbt_version) == ("ready", "duckdb", "1.11.16")
    (kept,) = rows(shop, sa.select(Ingest))
    assert (kept.outcome, kept.added, kept.changed, kept.removed) == changes(record)
    assert workspace.manifest_digest == kept.digest
    (snapshot,) = rows(shop, sa.select(Snapshot))
    assert (snapshot.id, snapshot.added, snapshot.nodes) == (record.snapshot_id, 2, 2)
    edges = rows(shop, sa.select(LineageEdge))
    assert [(edge.parent, edge.child) for edge in edges] == [("source.shop.raw.orders", "model.shop.orders")]


def test_the_same_manifest_twice_changes_nothing(shop: Shop) -> None:
    nodes = [compiled(model("a", columns={"id": {}})), model("b", reads=["model.shop.a"])]
    first = shop.know(*nodes)
    before = whole(shop)
    again = shop.know(*nodes)
    assert changes(again) == ("ingested", 0, 0, 0)
    assert again.snapshot_id == first.snapshot_id
    assert whole(shop) == before


def test_the_very_same_file_twice_is_known_already(shop: Shop) -> None:
    content = json.dumps(manifest(model("a"))).encode()
    first = shop.take("manifest.json", content)
    before = whole(shop)
    again = shop.take("manifest.json", content)
    assert changes(again) == ("unchanged", 0, 0, 0)
    assert again.snapshot_id == first.snapshot_id
    assert whole(shop) == before
    assert recorded(shop) == [("manifest.json", "ingested"), ("manifest.json", "unchanged")]


def test_nodes_that_read_each_other_in_a_circle_are_refused(shop: Shop) -> None:
    shop.know(model("a"))
    before = whole(shop)
    taken = shop.know(model("a", reads=["model.shop.b"]), model("b", reads=["model.shop.a"]))
    assert (taken.outcome, taken.snapshot_id) == ("refused", None)
    assert "in a circle: model.shop." in (taken.reason or "")
    assert whole(shop) == before


def test_the_assets_digest_follows_the_shape_of_the_graph_alone(shop: Shop) -> None:
    def digest(*nodes: dict[str, Any]) -> str | None:
        shop.know(*nodes)
        return shop.workspace().assets_digest

    one, two = model("one"), model("two", reads=["model.shop.one"])
    first = digest(one, two)
    assert first
    assert digest(two, {**one, "description": "other"}) == first
    assert digest(one, model("two")) != first
    assert digest(one, two, model("three")) != first
    assert digest(one, two) == first


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
    with pytest.raises(NotFound):
        viewed(shop)
    assert rows(shop, sa.select(Node.columns_total)) == [0]
    shop.know(model("a"), model("b"))
    assert viewed(shop).columns == []
    assert [row.unique_id for row in rows(shop, sa.select(NodeResult))] == ["model.shop.a"]


def test_compiled_sql_outlives_a_manifest_without_it(shop: Shop) -> None:
    def known() -> tuple[str | None, str | None, bool]:
        view = viewed(shop)
        return view.raw_code, view.compiled_code, view.compiled_stale

    raw = model("a")
    shop.know(compiled(raw, "select 1 as one"))
    shop.know(raw)
    assert known() == ("table a_raw", "select 1 as one", False)
    shop.know({**raw, "raw_code": "select 2"})
    assert known() == ("select 2", "select 1 as one", True)
    shop.know(compiled({**raw, "raw_code": "select 2"}, "select 2"))
    assert known() == ("select 2", "select 2", False)


def test_compiled_sql_that_did_not_change_keeps_its_time(shop: Shop) -> None:
    shop.know(compiled(model("a")))
    before = a_node(shop, "a").compiled_at
    shop.know(compiled(model("a")), model("b"))
    assert a_node(shop, "a").compiled_at == before


BROKEN = [
    ("manifest.json", b'{"metadata": {', "not valid JSON"),
    ("manifest.json", b"{}", "no metadata"),
    ("catalog.json", b"", "is empty"),
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
    assert (record.outcome, record.snapshot_id) == ("refused", None)
    (refusal,) = record.records
    assert (refusal.name, refusal.outcome, refusal.run_id) == (name, "refused", "run-9")
    assert refusal.message == record.reason
    assert name in (record.reason or "")
    assert said in (record.reason or "")
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
    assert "a value that the catalog cannot keep" in (record.reason or "")
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
    taken = shop.collect(target, run_id="run-1", command="build")
    assert taken.outcome == "ingested"
    assert [(record.name, record.outcome) for record in taken.records] == [("catalog.json", "refused")]
    assert recorded(shop) == [
        ("manifest.json", "ingested"),
        ("run_results.json", "ingested"),
        ("catalog.json", "refused"),
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

Columns = list[tuple[str, str | None, str | None, bool, bool]]


def columns(shop: Shop, name: str = "a") -> Columns:
    """In their order: name, declared type, type in the warehouse, who knows of it."""
    found = [view.column for view in viewed(shop, name).columns]
    assert a_node(shop, name).columns_total == len(found)
    return [
        (c.name, c.declared_type, c.reported_type, c.declared is not None, c.reported is not None)
        for c in found
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
    assert columns(shop) == [
        ("id", "int", "INTEGER", True, True),
        ("NEW", None, "TEXT", False, True),
        ("gone", None, None, True, False),
    ]


def test_a_column_that_left_the_warehouse_is_only_declared_again(shop: Shop) -> None:
    declare(shop, id={}, amount={})
    report(shop, id="INTEGER", amount="DOUBLE", extra="TEXT")
    report(shop, id="INTEGER")
    assert [(name, known) for name, _, _, _, known in columns(shop)] == [("id", True), ("amount", False)]


def test_a_change_of_the_project_keeps_what_the_warehouse_said(shop: Shop) -> None:
    declare(shop, id={}, amount={})
    report(shop, amount="DOUBLE", id="INTEGER")
    declare(shop, id={"description": "Key."})
    assert columns(shop) == [
        ("amount", None, "DOUBLE", False, True),
        ("id", None, "INTEGER", True, True),
    ]


@pytest.mark.parametrize("times", [1, 2])
def test_columns_that_differ_in_case_alone_are_two(shop: Shop, times: int) -> None:
    declare(shop, ID={"data_type": "int"})
    report(shop, id="INTEGER", ID="TEXT")
    if times == 2:
        declare(shop, ID={"data_type": "int", "description": "new"})
    found = {name: (declared, kind) for name, declared, kind, _, _ in columns(shop)}
    assert found == {"id": (None, "INTEGER"), "ID": ("int", "TEXT")}


def test_a_catalog_leaves_tables_alone_that_it_does_not_list(shop: Shop) -> None:
    shop.know(model("a"), model("b"))
    shop.take("catalog.json", catalog_file(a={"x": "INT"}, b={"y": "INT"}, stranger={"z": "INT"}))
    shop.take("catalog.json", catalog_file(b={"z": "INT"}))
    assert [[name for name, *_ in columns(shop, model)] for model in "ab"] == [["x"], ["z"]]


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

    def take(raw: Raw) -> str:
        return shop.take("manifest.json", raw).outcome

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(take, manifests))
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

    monkeypatch.setattr(applying.Ingest, "write", slow)
    began = NodeReport("model.shop.a", "a", "model", "running", None)
    step = StepContext(shop.workspace_id, shop.environment_id, "run-1", 1, "build")
    with ThreadPoolExecutor(1) as pool:
        ingest = pool.submit(shop.take, "catalog.json", catalog_file())
        assert inside.wait(20)
        try:
            with shop.db.session() as run:
                run.execute(sa.text("set local lock_timeout = '2s'"))
                recording.record_node(run, step, began)
        finally:
            done.set()
        assert ingest.result().outcome == "ingested"


def test_workspaces_do_not_see_each_other(shop: Shop) -> None:
    other = open_shop(shop.db, shop.folder, "other")
    shop.know(model("a"))
    other.know(model("a"), model("b", reads=["model.shop.a"]))
    other.ran(result("model.shop.a", "error"))
    shop.know(model("c"))
    query = sa.select(Node.name).where(Node.environment_id == other.environment_id).order_by(Node.name)
    assert rows(other, query) == ["a", "b"]
    assert rows(shop, sa.select(NodeResult.environment_id)) == [other.environment_id]


def test_environments_of_a_workspace_do_not_see_each_other(shop: Shop) -> None:
    prod = shop.other_environment()
    shop.know(model("a"))
    prod.know(model("a"), model("b", reads=["model.shop.a"]))
    prod.ran(result("model.shop.a", "error"))
    shop.know(model("c"))
    query = sa.select(Node.name).where(Node.environment_id == prod.environment_id).order_by(Node.name)
    assert rows(prod, query) == ["a", "b"]
    assert rows(shop, sa.select(NodeResult.environment_id)) == [prod.environment_id]


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
    first = shop.collect(folder, run_id="run-1", command="build")
    assert [outcome for _, outcome in recorded(shop)] == ["ingested"] * 4
    count = len(rows(shop, sa.select(Node.id)))
    assert first.added == count > 30
    before = whole(shop)
    again = shop.collect(folder, run_id="run-1", command="build")
    assert [outcome for _, outcome in recorded(shop)[4:]] == ["unchanged"] * 4
    assert (changes(again), again.snapshot_id) == (("unchanged", 0, 0, 0), first.snapshot_id)
    assert whole(shop) == before


def test_the_largest_real_project_is_taken_in(shop: Shop, reference_data: Path) -> None:
    folder = reference_data / "projects" / "tuva"
    first = shop.take("manifest.json", (folder / "manifest.json").read_bytes())
    assert first.outcome == "ingested"
    assert first.added > 1000
    assert shop.take("catalog.json", (folder / "catalog.json").read_bytes()).outcome == "ingested"
    results = (folder / "run_results_run.json").read_bytes()
    ran = shop.take("run_results.json", results, run_id="r", command="run")
    told = len(json.loads(results)["results"])
    assert (ran.outcome, len(rows(shop, sa.select(NodeResult.unique_id)))) == ("ingested", told)
    before = whole(shop)
    again = shop.take(
        "manifest.json", json.dumps(invoked(json.loads((folder / "manifest.json").read_bytes()))).encode()
    )
    assert changes(again) == ("ingested", 0, 0, 0)
    assert whole(shop) == before
    reported = sa.select(sa.func.sum(sa.func.jsonb_array_length(WarehouseTable.body["columns"])))
    assert rows(shop, reported)[0] > 9000
