"""Doing again what a run did not bring to a good end, by hand and by policy; with a real dbt."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dagster import DagsterInstance

from core.kit import clock
from core.kit.errors import Conflict
from core.runs.commands import check_steps
from core.runs.models import RunNode, RunStep
from core.runs.ports import ACTOR_TAG, COMMAND_TAG, ENVIRONMENT_TAG, WORKSPACE_TAG, EngineRun, RunStatus
from core.runs.retry_policy import ALL, FAILED, RETRY_OF_TAG, STATE_TAG, RetryPolicy
from core.runs.retrying import plan_retry
from core.runs.service import job_name, op_name, run_config
from core.workspaces.models import Workspace
from orchestration.defs.dbt.definitions import workspace_definitions
from orchestration.defs.dbt.retries import due_retries, retry_definitions
from orchestration.lib.services import Services
from tests.orchestration.test_dbt_job import Steps, run_steps, source_of, statuses

POLICY = RetryPolicy(max_attempts=3, delay_seconds=30, backoff="exponential")


def as_run(
    workspace: Workspace, run_id: str, steps: Steps, status: RunStatus = RunStatus.FAILED
) -> EngineRun:
    config = run_config(workspace.key, "dev", check_steps(steps))
    tags = {WORKSPACE_TAG: workspace.key, ENVIRONMENT_TAG: "dev"}
    return EngineRun(run_id, job_name(workspace.key), status, datetime.now(UTC), tags=tags, config=config)


def planned(shared: Services, workspace: Workspace, run: EngineRun, what: str = FAILED) -> Steps:
    with shared.db.session() as session:
        return [step.as_config() for step in plan_retry(session, workspace, run, what).steps]


def names(steps: Sequence[dict[str, Any]]) -> set[str]:
    """The last part of the full names that are selected."""
    words = [word for step in steps for word in step["options"]["select"]]
    return {word.split(",")[0].rpartition(".")[2] for word in words}


def test_only_what_failed_or_was_skipped_is_done_again(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    good = (project_dir / "models" / "customers.sql").read_text()
    (project_dir / "models" / "customers.sql").write_text("select nope from {{ ref('orders') }}")
    steps = [{"command": "seed"}, {"command": "build", "options": {"vars": {"least": 1}}}, {"command": "ls"}]
    failed, _ = run_steps(shared, workspace, steps)
    before = statuses(shared, failed.run_id)
    left = {name for name, status in before.items() if status in {"error", "skipped"}}
    assert {"customers", "big_spenders", "unique_customers_customer"} <= left
    again = planned(shared, workspace, as_run(workspace, failed.run_id, steps))
    assert [step["command"] for step in again] == ["build", "ls"]
    assert again[0]["options"]["vars"] == {"least": 1}
    assert names(again[:1]) == left
    assert planned(shared, workspace, as_run(workspace, failed.run_id, steps), ALL) == [
        {"options": {}, **step} for step in steps
    ]
    (project_dir / "models" / "customers.sql").write_text(good)
    result, _ = run_steps(shared, workspace, again)
    assert result.success
    assert set(statuses(shared, result.run_id)) == left


def test_a_test_that_failed_is_done_again_with_what_it_held_up_and_not_the_model(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    (project_dir / "models" / "orders.sql").write_text(
        "select id as order_id, customer, amount from {{ ref('raw_orders') }} union all select 1, 'eve', 1"
    )
    steps: Steps = [{"command": "build"}]
    failed, _ = run_steps(shared, workspace, steps)
    before = statuses(shared, failed.run_id)
    assert (before["orders"], before["unique_orders_order_id"]) == ("success", "fail")
    assert before["customers"] == "skipped"
    again = planned(shared, workspace, as_run(workspace, failed.run_id, steps))
    assert "unique_orders_order_id" in names(again)
    assert {"orders", "not_null_orders_order_id"}.isdisjoint(names(again))
    result, _ = run_steps(shared, workspace, again)
    assert set(statuses(shared, result.run_id)) == {
        name for name, status in before.items() if status in {"fail", "skipped"}
    }


def test_of_a_dbt_that_was_killed_what_never_ran_is_done_too(shared: Services, workspace: Workspace) -> None:
    steps: Steps = [{"command": "build", "options": {"exclude": ["big_spenders"]}}]
    result, _ = run_steps(shared, workspace, steps)
    of_run = RunNode.run_id == result.run_id
    with shared.db.session() as session:
        session.execute(sa.delete(RunNode).where(of_run, RunNode.resource_type == "test"))
        session.execute(
            sa.update(RunNode).where(of_run, RunNode.name == "customers").values(status="unknown")
        )
        session.execute(
            sa.update(RunStep).where(RunStep.run_id == result.run_id).values(status="failed", exit_code=-9)
        )
    again = planned(shared, workspace, as_run(workspace, result.run_id, steps))
    assert names(again) == {
        "customers",
        "unique_orders_order_id",
        "not_null_orders_order_id",
        "unique_customers_customer",
        "relationships_customers_customer__customer__ref_orders_",
    }
    with shared.db.session() as session:
        session.execute(sa.delete(RunNode).where(of_run))
    assert planned(shared, workspace, as_run(workspace, result.run_id, steps)) == steps


def test_there_has_to_be_something_to_do_again(shared: Services, workspace: Workspace) -> None:
    steps: Steps = [{"command": "seed"}]
    result, _ = run_steps(shared, workspace, steps)
    with pytest.raises(Conflict, match=r"Nothing of run .* failed"):
        planned(shared, workspace, as_run(workspace, result.run_id, steps, RunStatus.SUCCESS))
    with pytest.raises(Conflict, match="has not ended"):
        planned(shared, workspace, as_run(workspace, result.run_id, steps, RunStatus.RUNNING), ALL)
    with shared.db.session() as session:
        of_run = RunNode.run_id == result.run_id
        session.execute(sa.update(RunNode).where(of_run).values(status="error", unique_id="seed.tiny.gone"))
        session.execute(sa.update(RunStep).where(RunStep.run_id == result.run_id).values(status="failed"))
    with pytest.raises(Conflict, match="no longer in the project"):
        planned(shared, workspace, as_run(workspace, result.run_id, steps))


def failed_run(
    shared: Services, workspace: Workspace, instance: DagsterInstance, tags: dict[str, str]
) -> str:
    job = workspace_definitions(source_of(shared, workspace), pytest.fail).resolve_job_def(
        job_name(workspace.key)
    )
    config = {"steps": [{"command": "run-operation", "options": {"macro": "nobody"}}, {"command": "seed"}]}
    result = job.execute_in_process(
        run_config={"ops": {op_name(workspace.key): {"config": config}}},
        instance=instance,
        tags={
            WORKSPACE_TAG: workspace.key,
            ENVIRONMENT_TAG: "dev",
            COMMAND_TAG: "x",
            ACTOR_TAG: "ann",
            **tags,
        },
        raise_on_error=False,
    )
    assert not result.success
    return result.run_id


def test_a_policy_asks_once_when_its_delay_is_over(shared: Services, workspace: Workspace) -> None:
    instance = DagsterInstance.ephemeral()
    run_id = failed_run(shared, workspace, instance, POLICY.tags(1))
    record = instance.get_run_record_by_id(run_id)
    assert record is not None
    ended = clock.from_epoch(record.end_time)
    assert ended is not None
    assert list(due_retries(shared, instance, ended + timedelta(seconds=29))) == []
    (request,) = due_retries(shared, instance, ended + timedelta(seconds=30))
    assert (request.run_key, request.job_name) == (f"retry-{run_id}", job_name(workspace.key))
    assert request.tags[RETRY_OF_TAG] == run_id
    assert request.tags["workbench/retry_attempt"] == "2"
    assert request.tags["workbench/actor"] == "ann"
    assert request.tags[STATE_TAG] == "waiting"
    steps = request.run_config["ops"][op_name(workspace.key)]["config"]["steps"]
    assert [step["command"] for step in steps] == ["run-operation", "seed"]

    second = failed_run(shared, workspace, instance, dict(request.tags))
    later = datetime.now(UTC) + timedelta(hours=1)
    (request,) = due_retries(shared, instance, later)
    # The first is done with: a run does it again.
    assert request.run_key == f"retry-{second}"
    first = instance.get_run_by_id(run_id)
    assert first is not None
    assert first.tags[STATE_TAG] == "done"
    # The last attempt of a policy waits for no other.
    assert request.tags[STATE_TAG] == "done"
    record = instance.get_run_record_by_id(second)
    assert record is not None
    ended = clock.from_epoch(record.end_time)
    assert ended is not None
    assert list(due_retries(shared, instance, ended + timedelta(seconds=59))) == []
    assert len(list(due_retries(shared, instance, ended + timedelta(seconds=60)))) == 1


def test_a_run_that_cannot_be_done_again_says_why_and_is_left(shared: Services, workspace: Workspace) -> None:
    instance = DagsterInstance.ephemeral()
    run_id = failed_run(shared, workspace, instance, {**POLICY.tags(1), ENVIRONMENT_TAG: "gone"})
    later = datetime.now(UTC) + timedelta(hours=1)
    assert list(due_retries(shared, instance, later)) == []
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.tags[STATE_TAG] == "done"
    assert "no environment 'gone'" in run.tags["workbench/retry_given_up"]
    assert list(due_retries(shared, instance, later)) == []


def test_the_sensor_serves_the_jobs_of_all_workspaces(shared: Services, workspace: Workspace) -> None:
    found = workspace_definitions(source_of(shared, workspace), pytest.fail)
    (sensor,) = retry_definitions(list(found.jobs or ())).sensors or ()
    assert sensor.name == "run_retries"
    assert retry_definitions([]).sensors in (None, [])
