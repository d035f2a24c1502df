"""What a run writes while it runs, and how runs are read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.audit.models import AuditLog
from core.auth.actor import Origin, local_admin
from core.catalog.models import NodeResult, SourceFreshness
from core.kit.errors import Conflict, Invalid, NotFound
from core.runs import recording, service
from core.runs.cancelling import cancel_run
from core.runs.models import RunNode, RunStep
from core.runs.nodes import NodesWanted, nodes_of_run
from core.runs.ports import WORKSPACE_TAG, EngineRun, Launch, Limits, Queue, RunStatus
from core.runs.recording import NodeReport, StepContext
from core.runs.service import RunFilter, RunRequest, RunView
from tests.core.building import Shop, model, open_shop, result

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIVE = NodeReport("model.shop.a", "a", "model", "running", NOW, thread="Thread-1")


def context(shop: Shop, step: int = 1, run_id: str = "run-1", command: str = "build") -> StepContext:
    return StepContext(shop.workspace_id, shop.environment_id, run_id, step, command)


def begin(shop: Shop, *reports: NodeReport, **where: Any) -> StepContext:
    found = context(shop, **where)
    with shop.db.session() as session:
        recording.begin_step(session, found, f"dbt {found.command}")
        for report in reports:
            recording.record_node(session, found, report)
    return found


def end(shop: Shop, where: StepContext, status: str, message: str | None = None) -> None:
    with shop.db.session() as session:
        recording.end_step(session, where, status=status, exit_code=1, message=message)


def nodes(shop: Shop) -> dict[str, RunNode]:
    with shop.db.session() as session:
        return {row.unique_id.rsplit(".", 1)[1]: row for row in session.scalars(sa.select(RunNode))}


def test_a_node_is_seen_while_it_runs_and_the_file_has_the_last_word(shop: Shop) -> None:
    shop.know(model("a"))
    begin(shop, LIVE)
    assert (nodes(shop)["a"].status, nodes(shop)["a"].message) == ("running", None)
    done = replace(LIVE, status="success", finished_at=NOW + timedelta(seconds=2), execution_time=2.0)
    begin(shop, done)
    shop.ran(result("model.shop.a", "error", message="late", seconds=3.0, thread_id="Thread-2"))
    row = nodes(shop)["a"]
    assert (row.status, row.message, row.execution_time, row.thread) == ("error", "late", 3.0, "Thread-2")


def test_what_the_file_leaves_out_stays_as_it_was_seen_live(shop: Shop) -> None:
    begin(shop, replace(LIVE, status="skipped", finished_at=NOW))
    shop.ran({"unique_id": "model.shop.a", "status": "skipped", "timing": [], "execution_time": 0.0})
    row = nodes(shop)["a"]
    assert (row.status, row.started_at, row.finished_at, row.thread) == ("skipped", NOW, NOW, "Thread-1")


@pytest.mark.parametrize(
    ("step", "node"), [("failed", "unknown"), ("cancelled", "cancelled"), ("success", "unknown")]
)
def test_what_still_ran_when_dbt_went_away_is_not_said_to_be_done(shop: Shop, step: str, node: str) -> None:
    where = begin(shop, LIVE, replace(LIVE, unique_id="model.shop.b", status="success"))
    other = begin(shop, replace(LIVE, unique_id="model.shop.c"), step=2)
    end(shop, where, step)
    found = nodes(shop)
    assert [found[name].status for name in "abc"] == [node, "success", "running"]
    assert found["a"].finished_at is not None
    assert other.step == 2


def test_the_end_of_a_step_is_kept_with_its_message_whatever_dbt_said(shop: Shop) -> None:
    end(shop, begin(shop), "failed", "bad \0 byte \ud800")
    with shop.db.session() as session:
        row = session.scalars(sa.select(RunStep)).one()
    assert (row.status, row.exit_code, row.message) == ("failed", 1, "bad \ufffd byte \ufffd")
    assert row.finished_at is not None


def test_a_step_that_begins_again_is_one_step(shop: Shop) -> None:
    begin(shop)
    begin(shop)
    with shop.db.session() as session:
        assert [row.status for row in session.scalars(sa.select(RunStep))] == ["running"]


# Reading runs: a stand-in for the orchestrator, which is outside of core and has its port here.


@dataclass
class Engine:
    """Runs that a test lays out."""

    runs: list[EngineRun] = field(default_factory=list)

    def launch(self, launch: Launch) -> EngineRun:
        raise NotImplementedError(launch)

    def get(self, run_id: str) -> EngineRun | None:
        return next((run for run in self.runs if run.run_id == run_id), None)

    def list_runs(
        self,
        tags: Mapping[str, str],
        statuses: Sequence[RunStatus],
        *,
        limit: int,
        cursor: str | None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        run_ids: Sequence[str] | None = None,
    ) -> list[EngineRun]:
        ids = [run.run_id for run in self.runs]
        start = ids.index(cursor) + 1 if cursor else 0
        wanted = [
            run
            for run in self.runs[start:]
            if tags.items() <= run.tags.items()
            and (run_ids is None or run.run_id in run_ids)
            and (created_after is None or run.created_at > created_after)
            and (created_before is None or run.created_at < created_before)
        ]
        return [run for run in wanted if not statuses or run.status in statuses][:limit]

    def queue(self) -> Queue:
        waiting = [run for run in self.runs if run.status is RunStatus.QUEUED]
        active = [run for run in self.runs if run.status in {RunStatus.STARTING, RunStatus.RUNNING}]
        return Queue(waiting, active, Limits(10))

    def cancel(self, run_id: str) -> None:
        raise NotImplementedError(run_id)

    def failure_message(self, run_id: str) -> str | None:
        return f"Dagster knows why {run_id} failed"


def a_run(
    run_id: str = "run-1", status: RunStatus = RunStatus.RUNNING, key: str = "shop", steps: Any = None
) -> EngineRun:
    config = {} if steps is None else {"ops": {f"{key}__dbt_command": {"config": {"steps": steps}}}}
    return EngineRun(run_id, f"{key}__dbt", status, NOW, tags={WORKSPACE_TAG: key}, config=config)


def get(shop: Shop, run: EngineRun) -> RunView:
    with shop.db.session() as session:
        return service.get_run(session, Engine([run]), shop.workspace(), run.run_id)


TWO = [{"command": "build", "options": {}}, {"command": "docs generate", "options": {}}]


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        (RunStatus.QUEUED, ["running", "pending"]),
        (RunStatus.RUNNING, ["running", "pending"]),
        (RunStatus.FAILED, ["unknown", "not_run"]),
    ],
)
def test_a_step_cannot_run_in_a_run_that_has_ended(shop: Shop, status: RunStatus, steps: list[str]) -> None:
    begin(shop, LIVE)
    view = get(shop, a_run(status=status, steps=TWO))
    assert [step.status for step in view.steps] == steps
    assert view.node_counts == ({"unknown": 1} if status is RunStatus.FAILED else {"running": 1})


def test_nodes_of_a_run_that_ended_do_not_run(shop: Shop) -> None:
    begin(
        shop, LIVE, replace(LIVE, unique_id="model.shop.b", status="success", started_at=NOW - timedelta(1))
    )

    def listed(status: RunStatus) -> list[tuple[str, str]]:
        with shop.db.session() as session:
            run = a_run(status=status)
            found = nodes_of_run(session, shop.workspace_id, run, NodesWanted(), limit=10, cursor=None)
            return [(row.unique_id, row.status) for row in found.page.items]

    assert listed(RunStatus.RUNNING) == [("model.shop.b", "success"), ("model.shop.a", "running")]
    assert listed(RunStatus.FAILED) == [("model.shop.b", "success"), ("model.shop.a", "unknown")]
    assert nodes(shop)["a"].status == "running"


def test_why_a_run_failed_is_said_by_the_step_or_else_by_dagster(shop: Shop) -> None:
    assert (
        get(shop, a_run(status=RunStatus.FAILED, steps=TWO)).status_message
        == "Dagster knows why run-1 failed"
    )
    end(shop, begin(shop), "failed", "Compilation Error")
    assert get(shop, a_run(status=RunStatus.FAILED, steps=TWO)).status_message == "Compilation Error"
    assert get(shop, a_run(status=RunStatus.SUCCESS, steps=TWO)).status_message is None


@pytest.mark.parametrize(
    "steps", ["text", [1], [{"command": "drop"}], {"a": 1}, [{"command": "build", "options": 5}]]
)
def test_a_run_with_another_configuration_is_shown_all_the_same(shop: Shop, steps: Any) -> None:
    assert get(shop, a_run(steps=steps)).steps == []


def test_a_run_of_dagsters_page_builds(shop: Shop) -> None:
    assert [step.display for step in get(shop, a_run()).steps] == ["dbt build"]


def test_runs_come_in_pages_and_of_one_workspace_only(shop: Shop) -> None:
    runs = [a_run(f"r{n}", key="shop" if n % 2 else "other") for n in range(10)]
    workspace = shop.workspace()
    seen: list[str] = []
    cursor: str | None = None
    with shop.db.session() as session:
        while True:
            views, cursor = service.list_runs(
                session, Engine(runs), workspace, RunFilter(), limit=2, cursor=cursor
            )
            seen += [view.run.run_id for view in views]
            if cursor is None:
                break
    assert seen == ["r1", "r3", "r5", "r7", "r9"]


def test_a_run_of_another_workspace_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound, match="There is no run 'run-1' in this workspace"):
        get(shop, a_run(key="other"))


def test_history_of_a_node_is_its_own_environments_newest_first(shop: Shop) -> None:
    other = open_shop(shop.db, shop.folder, "other")
    for number, where in enumerate((shop, shop, other, shop.other_environment())):
        where.ran(result("model.shop.a", "success"), run_id=f"r{number}")
    shop.ran(result("model.shop.a", "success"), run_id="compiled", command="compile")
    with shop.db.session() as session:
        rows = service.runs_of_node(session, Engine(), shop.environment_id, "model.shop.a", limit=10)
    assert {row.run_id for row in rows} == {"r0", "r1"}


@pytest.mark.parametrize(
    ("run", "shown"),
    [(a_run(), "running"), (a_run(status=RunStatus.FAILED), "unknown"), (a_run("another"), "unknown")],
)
def test_history_does_not_say_running_of_a_run_that_ended(shop: Shop, run: EngineRun, shown: str) -> None:
    begin(shop, LIVE)
    with shop.db.session() as session:
        (row,) = service.runs_of_node(session, Engine([run]), shop.environment_id, "model.shop.a", limit=10)
    assert row.status == shown
    assert nodes(shop)["a"].status == "running"


def test_a_node_that_ended_before_dbt_was_killed_has_its_result(shop: Shop) -> None:
    begin(shop, replace(LIVE, status="error", finished_at=NOW, message="nope"))
    with shop.db.session() as session:
        (latest,) = session.scalars(sa.select(NodeResult))
    assert (latest.status, latest.run_id, latest.message) == ("error", "run-1", "nope")
    shop.ran(result("model.shop.a", "success", at="2025-12-31T23:59:59Z", message="the file's word"))
    with shop.db.session() as session:
        assert session.scalars(sa.select(NodeResult)).one().message == "the file's word"


def test_a_source_that_could_not_be_asked_does_not_keep_its_old_answer(shop: Shop) -> None:
    seen = NodeReport("source.shop.raw.orders", "orders", "source", "runtime error", NOW, finished_at=NOW)
    begin(shop, seen, command="source freshness")
    with shop.db.session() as session:
        (row,) = session.scalars(sa.select(SourceFreshness))
    assert (row.status, row.run_id, row.max_loaded_at) == ("runtime error", "run-1", None)
    assert "log of the run" in (row.message or "")


def test_a_request_is_checked_before_anything_is_written(shop: Shop) -> None:
    def ask(**request: Any) -> Launch:
        with shop.db.session() as session:
            return service.prepare_start(
                session, local_admin(Origin("10.1.2.3", "req-1")), shop.workspace(), RunRequest(**request)
            )

    with pytest.raises(Invalid):
        ask(steps=[{"command": "drop"}])
    with pytest.raises(Invalid, match="no environment 'moon'") as error:
        ask(steps=TWO, environment="moon")
    assert "dev, prod" in error.value.details[0].message
    launch = ask(steps=TWO)
    assert launch.config["ops"]["shop__dbt_command"]["config"]["environment"] == "dev"
    assert launch.tags["workbench/command"] == "dbt build && dbt docs generate"
    with shop.db.session() as session:
        (row,) = session.scalars(sa.select(AuditLog).where(AuditLog.tag == "run.requested"))
    assert (row.request_id, row.address, row.data) == (
        "req-1",
        "10.1.2.3",
        {"command": "dbt build && dbt docs generate", "environment": "dev"},
    )


@pytest.mark.parametrize("status", [RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.CANCELLED])
def test_a_run_that_ended_cannot_be_cancelled(shop: Shop, status: RunStatus) -> None:
    with shop.db.session() as session, pytest.raises(Conflict, match="has already ended"):
        cancel_run(session, Engine([a_run(status=status)]), local_admin(), shop.workspace(), "run-1")


def test_a_run_of_dagsters_page_says_what_it_selected(shop: Shop) -> None:
    with shop.db.session() as session:
        recording.begin_step(session, context(shop), "dbt build --select fqn:shop.a 'fqn:shop.été b'")
    (step,) = get(shop, a_run(status=RunStatus.SUCCESS)).steps
    assert step.options == {"select": ["fqn:shop.a", "fqn:shop.été b"]}
