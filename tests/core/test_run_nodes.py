"""Nodes of runs in PostgreSQL: what is expected, pages, one node, and what they say together over time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.audit.models import AuditLog
from core.auth.actor import local_admin
from core.catalog.snapshots import retention
from core.catalog.snapshots.models import CodeText, Snapshot
from core.kit import clock
from core.kit.errors import Invalid, NotFound
from core.runs import finding, history, insight, nodes, recording, service
from core.runs.cancelling import cancel_runs
from core.runs.models import RunNode
from core.runs.nodes import NodesPage, NodesWanted
from core.runs.ports import (
    COMMAND_TAG,
    ENVIRONMENT_TAG,
    JOB_TAG,
    SCHEDULE_TAG,
    WORKSPACE_TAG,
    EngineRun,
    RunStatus,
)
from core.runs.recording import NodeReport, StepContext
from core.runs.service import RunFilter
from tests.core.building import Raw, Shop, check, invoked, model, node, open_shop, result, run_results, source
from tests.core.test_recording import Engine, a_run

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SUCCESS, FAILED, RUNNING = RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.RUNNING


def begin(shop: Shop, options: Any, command: str = "build", run_id: str = "run-1") -> StepContext:
    context = StepContext(shop.workspace_id, shop.environment_id, run_id, 1, command)
    with shop.db.session() as session:
        recording.begin_step(session, context, f"dbt {command}", options)
    return context


def statuses(shop: Shop) -> dict[str, str]:
    with shop.db.session() as session:
        return {row.name: row.status for row in session.scalars(sa.select(RunNode))}


def page(
    shop: Shop, run: EngineRun, *, limit: int = 10, cursor: str | None = None, **wanted: Any
) -> NodesPage:
    with shop.db.session() as session:
        return nodes.nodes_of_run(
            session, shop.workspace_id, run, NodesWanted(**wanted), limit=limit, cursor=cursor
        )


def listed(shop: Shop, run: EngineRun, **wanted: Any) -> list[str]:
    return [row.name for row in page(shop, run, **wanted).page.items]


@contextmanager
def counted(shop: Shop) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        found.append(statement)

    sa.event.listen(shop.db.engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(shop.db.engine, "before_cursor_execute", note)


PROJECT: list[Raw] = [
    source("orders"),
    node("seed", "countries"),
    model("a", reads=["source.shop.raw.orders"], fqn=["shop", "a"]),
    model("b", reads=["model.shop.a"], fqn=["shop", "b"]),
    model("passing", config={"materialized": "ephemeral"}),
    check("t", reads=["model.shop.a"], fqn=["shop", "t"]),
]


@pytest.mark.parametrize(
    ("command", "options", "expected"),
    [
        ("build", {}, {"a", "b", "countries", "t"}),
        ("run", {}, {"a", "b"}),
        ("test", {}, {"t"}),
        ("seed", {}, {"countries"}),
        ("build", {"select": ["a+"]}, {"a", "b", "t"}),
        ("build", {"select": ["a+"], "exclude": ["b"]}, {"a", "t"}),
        ("run", {"exclude": ["b"]}, {"a"}),
        # Nobody here can tell what these mean; nothing is better than something wrong.
        ("build", {"selector": "nightly"}, set()),
        ("build", {"select": ["state:modified"]}, set()),
        ("build", {"select": ["result:error+"]}, set()),
        ("build", {"select": ["@@"]}, set()),
        ("compile", {}, set()),
        ("build", None, set()),
    ],
)
def test_what_a_step_will_come_to_is_pending(
    shop: Shop, command: str, options: Any, expected: set[str]
) -> None:
    shop.know(*PROJECT)
    begin(shop, options, command)
    assert statuses(shop) == dict.fromkeys(expected, "pending")


def test_dbt_has_the_last_word_on_what_was_meant(shop: Shop) -> None:
    shop.know(*PROJECT)
    context = begin(shop, {})
    live = NodeReport("model.shop.a", "a", "model", "running", NOW)
    with shop.db.session() as session:
        recording.record_node(session, context, live)
    assert (statuses(shop)["a"], statuses(shop)["b"]) == ("running", "pending")
    shop.ran(result("model.shop.a", "error"), result("model.shop.b", "skipped"))
    assert statuses(shop) == {"a": "error", "b": "skipped"}


def test_what_dbt_never_came_to_was_not_run(shop: Shop) -> None:
    shop.know(*PROJECT)
    context = begin(shop, {"select": ["a", "b"]}, "run")
    assert set(statuses(shop).values()) == {"pending"}
    # The worker died: nobody wrote the end down.
    assert page(shop, a_run(status=FAILED)).statuses == {"not_run": 2}
    assert page(shop, a_run(status=RUNNING)).statuses == {"pending": 2}
    with shop.db.session() as session:
        view = service.get_run(session, Engine([a_run(status=FAILED)]), shop.workspace(), "run-1")
        recording.end_step(session, context, status="failed", exit_code=1, message=None)
    assert view.node_counts == {"not_run": 2}
    assert set(statuses(shop).values()) == {"not_run"}


def test_what_was_only_meant_is_no_execution(shop: Shop) -> None:
    shop.know(*PROJECT)
    begin(shop, {})
    with shop.db.session() as session:
        found = service.runs_of_node(session, Engine(), shop.environment_id, "model.shop.a", limit=10)
    assert found == []


def phases(unique_id: str, status: str = "success", **more: Any) -> Raw:
    timing = [
        {"name": "compile", "started_at": "2026-01-01T00:00:00Z", "completed_at": "2026-01-01T00:00:01Z"},
        {"name": "execute", "started_at": "2026-01-01T00:00:01Z", "completed_at": "2026-01-01T00:00:04Z"},
    ]
    return {**result(unique_id, status), "timing": timing, **more}


@pytest.mark.parametrize(
    ("response", "rows", "read"),
    [
        ({"rows_affected": 7, "bytes_processed": 1024, "bytes_billed": 9}, 7, 1024),
        ({"rows_affected": -1, "bytes_billed": 9}, None, 9),
        ({"rows_inserted": 3, "rows_updated": 2}, 5, None),
        ({"_message": "OK"}, None, None),
        ({"rows_affected": True, "bytes_processed": 1e300}, None, None),
    ],
)
def test_a_node_says_everything_that_dbt_and_the_adapter_told(
    shop: Shop, response: Raw, rows: int | None, read: int | None
) -> None:
    told = phases("model.shop.a", adapter_response=response, compiled_code="select 1", message="done")
    shop.ran(told)
    with shop.db.session() as session:
        found = nodes.node_of_run(session, shop.workspace_id, a_run(status=SUCCESS), "model.shop.a", None)
    row = found.row
    assert (row.compile_time, row.execute_time, row.rows_affected, row.bytes_processed) == (1, 3, rows, read)
    assert (found.status, found.code, found.in_catalog) == ("success", "select 1", False)


def test_sql_of_many_runs_is_kept_once_and_as_long_as_a_run_shows_it(shop: Shop) -> None:
    shop.know({**model("a"), "compiled": True, "compiled_code": "select 1"})
    for number in range(5):
        shop.ran(phases("model.shop.a", compiled_code="select 1"), run_id=f"r{number}")
    shop.ran(phases("model.shop.a", compiled_code="select 2"), run_id="r5")
    with shop.db.session() as session:
        texts = list(session.scalars(sa.select(CodeText.text).order_by(CodeText.text)))
        hashes = set(session.scalars(sa.select(RunNode.code_hash)))
    assert texts == ["select 1", "select 2", "table a_raw"]
    assert len(hashes) == 2
    shop.know(model("y"))
    shop.know(model("z"))
    with shop.db.session() as session:
        session.execute(sa.update(Snapshot).values(ingested_at=clock.now() - timedelta(days=99)))
        assert retention.forget(session, keep=1, days=1) > 0
    with shop.db.session() as session:
        kept = set(session.scalars(sa.select(CodeText.text)))
    assert kept == {"select 1", "select 2", "table y_raw", "table z_raw"}


def test_a_step_that_ran_a_node_twice_shows_each(shop: Shop) -> None:
    shop.ran(phases("model.shop.a", message="first"))
    shop.ran(phases("model.shop.a", message="second"), step=2)
    run = a_run(status=SUCCESS)
    with shop.db.session() as session:
        latest = nodes.node_of_run(session, shop.workspace_id, run, "model.shop.a", None)
        first = nodes.node_of_run(session, shop.workspace_id, run, "model.shop.a", 1)
        with pytest.raises(NotFound, match=r"did not touch model.shop.a in step 3"):
            nodes.node_of_run(session, shop.workspace_id, run, "model.shop.a", 3)
    assert (latest.row.message, first.row.message) == ("second", "first")


def some(shop: Shop) -> EngineRun:
    shop.ran(
        result("model.shop.slow", "success", seconds=9.0, message="x" * 400),
        result("model.shop.bad", "error", at="2026-01-01T00:00:02Z", seconds=1.0),
        result("model.shop.skipped", "skipped"),
        {**result("test.shop.t", "pass", seconds=2.0), "adapter_response": {"rows_affected": 3}},
    )
    return a_run(status=FAILED)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"sort": "duration"}, ["skipped", "bad", "t", "slow"]),
        ({"sort": "-duration"}, ["slow", "t", "bad", "skipped"]),
        ({"sort": "status"}, ["bad", "skipped", "slow", "t"]),
        ({"sort": "name"}, ["bad", "skipped", "slow", "t"]),
        ({"sort": "-name"}, ["t", "slow", "skipped", "bad"]),
        ({"sort": "-rows"}, ["t", "bad", "slow", "skipped"]),
        ({"statuses": ["error", "skipped"], "sort": "name"}, ["bad", "skipped"]),
        ({"resource_types": ["test"]}, ["t"]),
        ({"q": "SHOP.S", "sort": "name"}, ["skipped", "slow"]),
        ({"q": "100%"}, []),
        ({"step": 2}, []),
    ],
)
def test_nodes_are_filtered_and_sorted_by_the_database(shop: Shop, wanted: Any, names: list[str]) -> None:
    run = some(shop)
    with shop.db.session() as session:
        session.execute(sa.update(RunNode).where(RunNode.name == "skipped").values(execution_time=0))
    assert listed(shop, run, **wanted) == names


def test_pages_hold_every_node_once_and_counts_are_of_the_whole(shop: Shop) -> None:
    run = some(shop)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        found = page(shop, run, limit=1, cursor=cursor)
        assert found.page.total == 4
        assert found.statuses == {"success": 1, "error": 1, "skipped": 1, "pass": 1}
        assert found.resource_types == {"model": 3, "test": 1}
        seen += [row.name for row in found.page.items]
        cursor = found.page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == ["bad", "skipped", "slow", "t"]
    assert seen[-1] == "skipped"
    (slow,) = page(shop, run, q="slow").page.items
    assert slow.message == "x" * nodes.MESSAGE
    assert page(shop, run, statuses=["error"]).page.total == 1


def test_of_ten_thousand_nodes_a_page_takes_as_few_queries_as_of_one(shop: Shop) -> None:
    rows = [result(f"model.shop.m{n}", "success") for n in range(10_000)]
    shop.take("run_results.json", invoked(run_results(*rows)), run_id="run-1", command="build")
    run = a_run(status=SUCCESS)
    with counted(shop) as statements:
        found = page(shop, run, limit=100, sort="-duration")
    assert (len(found.page.items), found.page.total) == (100, 10_000)
    assert len([one for one in statements if "run_nodes" in one]) == 3
    with counted(shop) as statements, shop.db.session() as session:
        drawn = insight.timeline_of_run(session, shop.workspace(), run, None)
        assert insight.causes_of_run(session, shop.workspace(), run).causes == ()
    assert len(drawn.bars) == 10_000
    assert len([one for one in statements if "run_nodes" in one]) == 3


def test_the_timeline_has_a_lane_for_each_thread_and_the_path(shop: Shop) -> None:
    shop.know(model("a"), model("b", reads=["model.shop.a"]))
    shop.ran(
        result("model.shop.a", "success", thread_id="Thread-10"),
        {
            **result("model.shop.b", "success", thread_id="Thread-2"),
            "timing": [
                {
                    "name": "execute",
                    "started_at": "2026-01-01T00:00:02Z",
                    "completed_at": "2026-01-01T00:00:03Z",
                }
            ],
        },
        result("model.shop.c", "skipped"),
    )
    with shop.db.session() as session:
        found = insight.timeline_of_run(session, shop.workspace(), a_run(status=SUCCESS), None)
    assert (found.lanes, found.lane_of) == (["Thread-2", "Thread-10"], [1, 0])
    assert [(index, link.waited_for, link.gap) for index, link in found.path] == [
        (0, None, 0),
        (1, "parent", 1),
    ]
    assert (found.untimed, found.cut) == (1, 0)


def test_causes_are_told_by_the_graph_as_it_was(shop: Shop) -> None:
    exposure = node("exposure", "board", reads=["model.shop.b"])
    shop.know(model("a"), model("b", reads=["model.shop.a"]), exposures=[exposure])
    shop.ran(result("model.shop.a", "error"), result("model.shop.b", "skipped"))
    ended = clock.now()
    # Since then, nothing reads anything.
    shop.know(model("a"), model("b"))
    run = replace(a_run(status=FAILED), ended_at=ended)
    with shop.db.session() as session:
        found = insight.causes_of_run(session, shop.workspace(), run)
        now = insight.causes_of_run(session, shop.workspace(), a_run(status=FAILED))
    assert (found.causes[0].skipped, found.causes[0].exposures) == (["model.shop.b"], ["exposure.shop.board"])
    assert (now.causes[0].skipped, now.unexplained) == ([], ["model.shop.b"])


def same(
    run_id: str, status: RunStatus = SUCCESS, environment: str = "dev", command: str = "dbt build"
) -> EngineRun:
    tags = {WORKSPACE_TAG: "shop", ENVIRONMENT_TAG: environment, COMMAND_TAG: command}
    return replace(a_run(run_id, status), tags=tags)


def test_a_run_is_compared_with_the_one_before_that_did_the_same(shop: Shop) -> None:
    shop.ran(result("model.shop.a", "success", seconds=1.0), run_id="r1")
    shop.ran(result("model.shop.a", "error", seconds=5.0), run_id="r5")
    newest_first = [
        same("r5", FAILED),
        same("r4", environment="prod"),
        same("r3", command="dbt test"),
        same("r2", RunStatus.CANCELLED),
        same("r1"),
    ]
    engine = Engine(newest_first)
    with shop.db.session() as session:
        found = insight.compare_run(session, engine, shop.workspace(), newest_first[0], None)
        first = insight.compare_run(session, engine, shop.workspace(), newest_first[-1], None)
        named = insight.compare_run(session, engine, shop.workspace(), newest_first[-1], "r5")
        with pytest.raises(NotFound):
            insight.compare_run(session, engine, shop.workspace(), newest_first[0], "nothing")
        with pytest.raises(Invalid):
            insight.compare_run(session, engine, shop.workspace(), newest_first[0], "r5")
    assert found.before
    assert found.before.run_id == "r1"
    assert found.difference
    assert [pair.now.unique_id for pair in found.difference.newly_failing if pair.now] == ["model.shop.a"]
    assert (first.before, first.difference) == (None, None)
    assert named.difference
    assert len(named.difference.fixed) == 1


def test_runs_are_found_by_a_node_that_they_touched(shop: Shop) -> None:
    other = open_shop(shop.db, shop.folder, "other")
    shop.ran(result("model.shop.a", "success"), run_id="r1")
    shop.ran(result("model.shop.b", "success"), run_id="r2")
    other.ran(result("model.shop.a", "success"), run_id="r3")
    shop.take("run_results.json", invoked(run_results(result("model.shop.a", "success"))))
    engine = Engine([same("r1"), same("r2"), same("r3")])

    def found(unique_id: str, **more: Any) -> list[str]:
        with shop.db.session() as session:
            wanted = RunFilter(node=unique_id, **more)
            views, _ = service.list_runs(session, engine, shop.workspace(), wanted, limit=10, cursor=None)
            return [view.run.run_id for view in views]

    assert found("model.shop.a") == ["r1"]
    assert found("model.shop.nothing") == []
    assert found("model.shop.a", created_after=NOW) == []
    assert found("model.shop.a", created_before=NOW + timedelta(seconds=1)) == ["r1"]


def test_facets_are_those_of_the_workspaces_latest_runs() -> None:
    nightly = replace(same("r1"), tags={**same("r1").tags, SCHEDULE_TAG: "nightly", JOB_TAG: "daily"})
    foreign = replace(same("r3"), tags={WORKSPACE_TAG: "other", COMMAND_TAG: "dbt run --vars secret"})
    found = finding.facets(Engine([nightly, same("r2"), same("r4", command="dbt test"), foreign]), "shop")
    assert found.commands == ["dbt build", "dbt test"]
    assert found.jobs == ["daily"]
    assert (found.schedules, found.environments, found.actors, found.looked_at) == (
        ["nightly"],
        ["dev"],
        [],
        3,
    )


def test_many_runs_are_cancelled_with_an_answer_for_each(shop: Shop) -> None:
    runs = [same("r1", RUNNING), same("r2"), replace(same("r3", RUNNING), tags={WORKSPACE_TAG: "other"})]
    with shop.db.session() as session:
        found = cancel_runs(
            session, Engine(runs), local_admin(), shop.workspace(), ["r1", "r2", "r3", "nothing", "r1"]
        )
    assert [(one.run_id, one.error and one.error.code) for one in found] == [
        ("r1", None),
        ("r2", "conflict"),
        ("r3", "not_found"),
        ("nothing", "not_found"),
    ]
    with shop.db.session() as session:
        asked = session.scalars(sa.select(AuditLog.subject).where(AuditLog.tag == "run.cancel_requested"))
        assert list(asked) == ["r1"]


def at(minute: int, unique_id: str, status: str, **more: Any) -> Raw:
    timing = [
        {
            "name": "execute",
            "started_at": f"2026-01-01T00:{minute:02}:00Z",
            "completed_at": f"2026-01-01T00:{minute:02}:30Z",
        }
    ]
    return {**result(unique_id, status, compiled_code="select 1"), "timing": timing, **more}


def flaky(shop: Shop, *unique_ids: str) -> Sequence[str]:
    with shop.db.session() as session:
        return sorted(history.flaky_of(session, shop.environment_id, unique_ids))


def test_flaky_is_told_by_what_ran_in_between(shop: Shop) -> None:
    shop.know(
        source("orders"),
        model("stored", reads=["source.shop.raw.orders"]),
        model("seen", reads=["model.shop.stored"], config={"materialized": "view"}),
        model("raw_view", reads=["source.shop.raw.orders"], config={"materialized": "view"}),
        check("shaky", reads=["model.shop.seen"]),
        check("of_source", reads=["model.shop.raw_view"]),
    )
    for run_id, minute, status in (("r1", 1, "pass"), ("r2", 10, "fail")):
        shop.ran(
            at(minute, "test.shop.shaky", status),
            at(minute, "test.shop.of_source", status),
            run_id=run_id,
            command="test",
        )
    assert flaky(shop, "test.shop.shaky", "test.shop.of_source") == ["test.shop.shaky"]
    with shop.db.session() as session:
        of_view = history.history_of_node(session, Engine(), shop.reading, "model.shop.seen", limit=10)
        of_test = history.history_of_node(session, Engine(), shop.reading, "test.shop.shaky", limit=10)
    assert (of_view.points, of_view.flaky, of_view.flaky_tests) == ([], False, ["test.shop.shaky"])
    assert [(point.row.run_id, point.same_code, point.flaky) for point in of_test.points] == [
        ("r2", True, True),
        ("r1", None, False),
    ]
    shop.ran(at(5, "model.shop.stored", "success"), run_id="between")
    assert flaky(shop, "test.shop.shaky") == []


def test_history_takes_as_few_queries_for_many_tests_as_for_one(shop: Shop) -> None:
    tests = [check(f"t{n}", reads=["model.shop.a"]) for n in range(30)]
    shop.know(model("a"), *tests)
    for run_id, minute, status in (("r1", 1, "pass"), ("r2", 10, "fail")):
        outcomes = [at(minute, f"test.shop.t{n}", status) for n in range(30)]
        shop.ran(*outcomes, run_id=run_id, command="test")
    with counted(shop) as statements, shop.db.session() as session:
        found = history.history_of_node(session, Engine(), shop.reading, "model.shop.a", limit=10)
    assert len(found.flaky_tests) == 30
    assert len(statements) <= 6
