"""The dbt job with a real dbt and a real DuckDB, in Dagster's in-process executor."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from dagster import AssetKey, DagsterInstance, ExecuteInProcessResult

from core.artifacts import service
from core.artifacts.arrival import Arrival
from core.artifacts.models import RunArtifact
from core.catalog.models import Node, NodeResult
from core.catalog.snapshots.models import CodeText
from core.environments import service as environments
from core.runs.log import log_path, read_log
from core.runs.models import RunNode, RunStep
from core.runs.service import job_name, op_name, plain_job_name
from core.workspaces.models import Workspace, WorkspaceState
from orchestration.defs.dbt.definitions import WorkspaceSource, workspace_definitions
from orchestration.lib.services import Services

Steps = list[dict[str, Any]]


def source_of(shared: Services, workspace: Workspace) -> WorkspaceSource:
    digest = workspace.manifest_digest
    path = None if digest is None else shared.store.path(digest)
    return WorkspaceSource(workspace.key, workspace.name, path, workspace.assets_digest)


def run_steps(
    shared: Services,
    workspace: Workspace,
    steps: Steps,
    *,
    name_of: Callable[[str], str] = plain_job_name,
    **config: Any,
) -> tuple[ExecuteInProcessResult, DagsterInstance]:
    definitions = workspace_definitions(source_of(shared, workspace), pytest.fail)
    job = definitions.resolve_job_def(name_of(workspace.key))
    instance = DagsterInstance.ephemeral()
    body = {"steps": steps, **config}
    result = job.execute_in_process(
        run_config={"ops": {op_name(workspace.key): {"config": body}}},
        instance=instance,
        raise_on_error=False,
    )
    return result, instance


def rows(shared: Services, query: sa.Select[Any]) -> list[Any]:
    with shared.db.session() as session:
        return list(session.scalars(query))


def compiled_sql(shared: Services, name: str) -> str | None:
    """What the catalog shows as the compiled SQL of a node."""
    query = sa.select(CodeText.text).join(Node, Node.compiled_hash == CodeText.hash).where(Node.name == name)
    return next(iter(rows(shared, query)), None)


def statuses(shared: Services, run_id: str) -> Mapping[str, str]:
    nodes: list[RunNode] = rows(shared, sa.select(RunNode).where(RunNode.run_id == run_id))
    return {node.name: node.status for node in nodes}


@pytest.mark.parametrize("name_of", [plain_job_name, job_name])
def test_a_build_materializes_assets_evaluates_checks_and_fills_the_catalog(
    shared: Services, workspace: Workspace, name_of: Callable[[str], str]
) -> None:
    result, instance = run_steps(shared, workspace, [{"command": "build"}], name_of=name_of)
    assert result.success
    materialized = {key.to_user_string() for key in instance.get_asset_keys()}
    assert {
        "tiny/tiny/orders",
        "tiny/tiny/customers",
        "tiny/tiny/big_spenders",
        "tiny/tiny/raw_orders",
    } <= materialized
    checks = [event for event in result.all_events if event.event_type_value == "ASSET_CHECK_EVALUATION"]
    assert len(checks) == 4
    assert statuses(shared, result.run_id)["orders"] == "success"
    latest: list[NodeResult] = rows(shared, sa.select(NodeResult))
    assert {row.status for row in latest} == {"success", "pass"}
    compiled = compiled_sql(shared, "customers")
    assert compiled is not None
    assert "raw_orders" not in compiled
    assert "orders" in compiled
    assert "ref(" not in compiled


def test_a_run_has_a_target_folder_of_its_own_and_leaves_the_project_alone(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    first, _ = run_steps(shared, workspace, [{"command": "build"}])
    second, _ = run_steps(shared, workspace, [{"command": "compile"}])
    folders = [
        shared.settings.data_dir / "runs" / run.run_id / "steps" / "1" / "target" for run in (first, second)
    ]
    assert all((folder / "manifest.json").exists() for folder in folders)
    assert not (project_dir / "target").exists()
    assert not (project_dir / "logs").exists()


def test_a_failing_model_fails_the_run_keeps_artifacts_and_skips_what_follows(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    (project_dir / "models" / "customers.sql").write_text("select nope from {{ ref('orders') }}")
    result, instance = run_steps(shared, workspace, [{"command": "build"}, {"command": "docs generate"}])
    assert not result.success
    seen = statuses(shared, result.run_id)
    assert (seen["customers"], seen["big_spenders"], seen["orders"]) == ("error", "skipped", "success")
    names = rows(shared, sa.select(RunArtifact.name).where(RunArtifact.run_id == result.run_id))
    assert set(names) == {"manifest.json", "run_results.json"}
    steps: list[RunStep] = rows(shared, sa.select(RunStep).where(RunStep.run_id == result.run_id))
    assert [(step.step, step.status, step.exit_code) for step in steps] == [(1, "failed", 1)]
    assert "nope" in (steps[0].message or "")
    keys = {key.to_user_string() for key in instance.get_asset_keys()}
    assert "tiny/tiny/orders" in keys
    customers = AssetKey(["tiny", "tiny", "customers"])
    assert instance.get_latest_materialization_event(customers) is None
    (told,) = [event for event in result.all_events if event.event_type_value == "ASSET_OBSERVATION"]
    observation = told.asset_observation_data.asset_observation
    metadata = {name: value.value for name, value in observation.metadata.items()}
    assert (observation.asset_key, metadata["dbt/status"]) == (customers, "error")
    assert "/runs/" in str(metadata["workbench/run"])


def test_two_steps_may_touch_the_same_node(shared: Services, workspace: Workspace) -> None:
    result, _ = run_steps(
        shared, workspace, [{"command": "build"}, {"command": "build"}, {"command": "test"}]
    )
    assert result.success
    steps = rows(shared, sa.select(RunStep.step).where(RunStep.run_id == result.run_id))
    assert sorted(steps) == [1, 2, 3]
    again = [e for e in result.all_events if e.event_type_value == "ASSET_MATERIALIZATION"]
    assert len(again) == 8


def test_a_project_that_stops_parsing_says_so_and_keeps_its_catalog(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    (project_dir / "models" / "orders.sql").write_text("select {{ ref('nobody') }}")
    result, _ = run_steps(shared, workspace, [{"command": "build"}])
    assert not result.success
    with shared.db.session() as session:
        after = session.get_one(Workspace, workspace.id)
    assert after.state == WorkspaceState.BROKEN
    assert "nobody" in (after.state_message or "")
    assert after.manifest_digest == workspace.manifest_digest
    assert len(rows(shared, sa.select(Node).where(Node.resource_type == "model"))) == 3


def test_a_parse_that_works_again_makes_the_workspace_ready(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    good = (project_dir / "models" / "orders.sql").read_text()
    (project_dir / "models" / "orders.sql").write_text("select {{ ref('nobody') }}")
    run_steps(shared, workspace, [{"command": "parse"}])
    (project_dir / "models" / "orders.sql").write_text(good)
    result, _ = run_steps(shared, workspace, [{"command": "parse"}])
    assert result.success
    with shared.db.session() as session:
        after = session.get_one(Workspace, workspace.id)
    assert (after.state, after.state_message) == (WorkspaceState.READY, None)


def test_parse_does_not_take_compiled_sql_away(shared: Services, workspace: Workspace) -> None:
    run_steps(shared, workspace, [{"command": "build"}])
    before = compiled_sql(shared, "orders")
    run_steps(shared, workspace, [{"command": "parse"}])
    assert before is not None
    assert compiled_sql(shared, "orders") == before


def test_a_model_that_dagster_does_not_know_yet_still_counts(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    (project_dir / "models" / "fresh.sql").write_text("select 1 as one")
    result, _ = run_steps(shared, workspace, [{"command": "build"}])
    assert result.success
    assert statuses(shared, result.run_id)["fresh"] == "success"
    assert rows(shared, sa.select(Node.name).where(Node.name == "fresh")) == ["fresh"]


def test_dagsters_own_selection_becomes_dbts(shared: Services, workspace: Workspace) -> None:
    definitions = workspace_definitions(source_of(shared, workspace), pytest.fail)
    seed_first, _ = run_steps(shared, workspace, [{"command": "build"}])
    assert seed_first.success
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=[AssetKey(["tiny", "tiny", "customers"])], raise_on_error=False
    )
    assert result.success
    assert set(statuses(shared, result.run_id)) >= {"customers"}
    assert "orders" not in statuses(shared, result.run_id)
    assert result.dagster_run.tags.get("workbench/workspace") == "tiny"


@pytest.mark.parametrize(
    ("steps", "config", "said"),
    [
        ([{"command": "drop"}], {}, "'drop' is not a dbt command"),
        ([{"command": "build", "options": {"project_dir": "/"}}], {}, "'project_dir' is not a flag"),
        ([{"command": "build"}], {"environment": "moon"}, "no environment 'moon'"),
    ],
)
def test_what_dagsters_page_may_ask_is_checked_too(
    shared: Services, workspace: Workspace, steps: Steps, config: dict[str, Any], said: str
) -> None:
    result, _ = run_steps(shared, workspace, steps, **config)
    assert not result.success
    failures = [event.event_specific_data for event in result.all_events if event.is_step_failure]
    assert said in str(failures)
    assert rows(shared, sa.select(RunStep)) == []


def test_the_log_holds_every_line_of_dbt_in_order(shared: Services, workspace: Workspace) -> None:
    result, _ = run_steps(shared, workspace, [{"command": "build"}])
    lines = list(read_log(log_path(shared.settings.data_dir, result.run_id)))
    assert [line.line for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0].text == "dbt build"
    assert any(line.unique_id == "model.tiny.orders" and line.event == "LogModelResult" for line in lines)
    assert lines[-1].event == "StepEnded"


def test_dbt_sees_nothing_of_the_server(
    shared: Services, workspace: Workspace, project_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("JWT_SECRET_KEY", "secret")
    (project_dir / "macros" / "peek.sql").write_text(
        "{% macro peek() %}"
        "{% set seen = env_var('DATABASE_URL', 'nothing') ~ env_var('JWT_SECRET_KEY', ' at all') %}"
        "{% do log('saw ' ~ seen, info=true) %}{% endmacro %}"
    )
    step = {"command": "run-operation", "options": {"macro": "peek"}}
    result, _ = run_steps(shared, workspace, [step])
    assert result.success
    texts = [line.text for line in read_log(log_path(shared.settings.data_dir, result.run_id))]
    assert "saw nothing at all" in texts


def test_a_warehouse_that_cannot_be_reached_is_said_in_dbts_words(
    shared: Services, workspace: Workspace
) -> None:
    result, _ = run_steps(shared, workspace, [{"command": "build"}], environment="broken")
    assert not result.success
    step: RunStep = rows(shared, sa.select(RunStep))[0]
    assert "/nowhere/at/all" in (step.message or "")
    assert "Traceback" not in (step.message or "")
    with shared.db.session() as session:
        assert session.get_one(Workspace, workspace.id).state == WorkspaceState.READY


def test_a_broken_artifact_is_put_aside_with_its_reason(shared: Services, workspace: Workspace) -> None:
    broken = Path(shared.settings.data_dir) / "half" / "run_results.json"
    broken.parent.mkdir(parents=True)
    broken.write_text('{"metadata": {')
    with shared.db.session() as session:
        environment = environments.pick(session, workspace.id, None)
    arrival = Arrival(workspace.id, environment.id, "run", run_id="some-run", command="build")
    records = service.collect(shared.db, shared.store, arrival, broken.parent).records
    assert [(record.name, record.outcome) for record in records] == [("run_results.json", "refused")]
    assert "not valid JSON" in (records[0].message or "")
    assert rows(shared, sa.select(RunArtifact.name)) == ["run_results.json"]


def test_a_run_says_what_it_was_made_with_and_dagster_knows_each_result(
    shared: Services, workspace: Workspace
) -> None:
    result, instance = run_steps(shared, workspace, [{"command": "build", "options": {}}])
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["workbench/dbt_version"] == version("dbt-core")
    events = [event.materialization for event in result.get_asset_materialization_events()]
    assert events
    for materialization in events:
        metadata: dict[str, Any] = {name: value.value for name, value in materialization.metadata.items()}
        assert metadata["dbt/status"] == "success"
        assert metadata["dbt/execution_seconds"] >= 0
        assert str(metadata["unique_id"]) in unquote(str(metadata["workbench/run"]))
        assert f"/w/{workspace.key}/runs/{result.run_id}" in str(metadata["workbench/run"])
        assert metadata["dbt/thread"]
    checks = result.get_asset_check_evaluations()
    assert checks
    assert all("workbench/run" in check.metadata for check in checks)
    nodes: list[RunNode] = rows(
        shared, sa.select(RunNode).where(RunNode.run_id == result.run_id, RunNode.resource_type == "model")
    )
    for node in nodes:
        assert node.compile_time is not None
        assert node.execute_time is not None
        assert node.compile_time + node.execute_time <= (node.execution_time or 0) + 0.1
        assert rows(shared, sa.select(CodeText.text).where(CodeText.hash == node.code_hash))
    # The SQL of the run is that of the catalog: it is kept once.
    assert {node.code_hash for node in nodes} <= set(rows(shared, sa.select(Node.compiled_hash)))
