"""Several steps in a run, and runs that compare with or defer to another environment or run."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from core.artifacts.states import check_states
from core.environments import service as environments
from core.environments.models import Environment
from core.environments.service import Target
from core.kit.errors import Invalid
from core.runs.commands import Step, check_steps
from core.runs.log import log_path, read_log
from core.runs.models import RunNode, RunStep
from core.workspaces.models import Workspace
from orchestration.lib.services import Services
from tests.orchestration.test_dbt_job import rows, run_steps, statuses

CI = """
    ci:
      type: duckdb
      path: "{{ env_var('DBT_TINY_DUCKDB', 'tiny.duckdb') }}"
      schema: ci
"""


@pytest.fixture
def ci(shared: Services, workspace: Workspace, project_dir: Path) -> Environment:
    """A second environment, in another schema of the same warehouse."""
    profiles = project_dir / "profiles.yml"
    profiles.write_text(profiles.read_text().rstrip() + CI)
    targets = [Target("dev", "duckdb", is_default=True), Target("ci", "duckdb", is_default=False)]
    with shared.db.session() as session:
        environments.sync_targets(session, workspace.id, targets)
        return environments.pick(session, workspace.id, "ci")


def ended(shared: Services, run_id: str) -> list[tuple[int, str]]:
    found: list[RunStep] = rows(
        shared, sa.select(RunStep).where(RunStep.run_id == run_id).order_by(RunStep.step)
    )
    return [(step.step, step.status) for step in found]


def messages(shared: Services, run_id: str) -> str:
    return "\n".join(line.text for line in read_log(log_path(shared.settings.data_dir, run_id)))


def test_a_step_that_fails_stops_the_others_unless_it_says_otherwise(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    (project_dir / "models" / "customers.sql").write_text("select nope from {{ ref('orders') }}")
    build = {"command": "build", "options": {"select": ["customers"]}, "on_failure": "continue"}
    seed = {"command": "seed"}
    result, _ = run_steps(shared, workspace, [seed, build, {"command": "ls"}, build, seed])
    assert not result.success
    assert ended(shared, result.run_id) == [
        (1, "success"),
        (2, "failed"),
        (3, "success"),
        (4, "failed"),
        (5, "success"),
    ]
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert failure.user_failure_data is not None
    said = failure.user_failure_data.description or ""
    assert "Step 2, dbt build --select customers, failed" in said
    assert "Step 4, " in said
    assert "Step 5" not in said
    stopped, _ = run_steps(shared, workspace, [{**build, "on_failure": "stop"}, seed])
    assert ended(shared, stopped.run_id) == [(1, "failed")]


def test_what_was_modified_is_known_beside_the_state_of_an_environment_or_a_run(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    first, _ = run_steps(shared, workspace, [{"command": "build"}])
    assert first.success
    (project_dir / "models" / "customers.sql").write_text(
        "select customer, sum(amount) + 0 as total from {{ ref('orders') }} group by customer"
    )
    for state in ("dev", first.run_id):
        # A parse in between would move the state of the environment on: so each run only reads.
        options = {"select": ["state:modified+"], "state": first.run_id, "exclude": ["test_type:generic"]}
        if state == "dev":
            options["state"] = "dev"
        result, _ = run_steps(shared, workspace, [{"command": "ls", "options": options}])
        assert result.success
        text = messages(shared, result.run_id)
        assert "tiny.customers" in text
        assert "tiny.big_spenders" in text
        assert "tiny.orders" not in text.replace("ref('orders')", "")
        assert "State: manifest.json" in text
        folder = shared.settings.data_dir / "runs" / result.run_id / "steps" / "1" / "state"
        assert (folder / "manifest.json").exists()


def test_an_environment_defers_to_another_and_clones_from_it(
    shared: Services, workspace: Workspace, ci: Environment
) -> None:
    assert run_steps(shared, workspace, [{"command": "build"}])[0].success
    alone, _ = run_steps(
        shared, workspace, [{"command": "run", "options": {"select": ["customers"]}}], environment="ci"
    )
    assert not alone.success
    deferred = {"select": ["customers"], "defer": True, "state": "dev"}
    result, _ = run_steps(shared, workspace, [{"command": "run", "options": deferred}], environment="ci")
    assert result.success
    assert statuses(shared, result.run_id) == {"customers": "success"}
    clone = {"select": ["orders"], "state": "dev"}
    cloned, _ = run_steps(shared, workspace, [{"command": "clone", "options": clone}], environment="ci")
    assert cloned.success
    after, _ = run_steps(
        shared, workspace, [{"command": "run", "options": {"select": ["customers"]}}], environment="ci"
    )
    assert after.success


def test_a_target_is_an_environment(shared: Services, workspace: Workspace, ci: Environment) -> None:
    seed = {"command": "seed", "options": {"target": "ci"}}
    result, _ = run_steps(shared, workspace, [seed])
    assert result.success
    (step,) = rows(shared, sa.select(RunStep).where(RunStep.run_id == result.run_id))
    assert step.command == "dbt seed"
    nodes: list[RunNode] = rows(shared, sa.select(RunNode).where(RunNode.run_id == result.run_id))
    assert {node.environment_id for node in nodes} == {ci.id}
    refused, _ = run_steps(shared, workspace, [seed], environment="dev")
    assert not refused.success
    assert ended(shared, refused.run_id) == []


def test_dbts_own_retry_takes_the_run_that_is_named(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    good = (project_dir / "models" / "customers.sql").read_text()
    (project_dir / "models" / "customers.sql").write_text("select nope from {{ ref('orders') }}")
    failed, _ = run_steps(shared, workspace, [{"command": "seed"}, {"command": "run"}])
    assert not failed.success
    (project_dir / "models" / "customers.sql").write_text(good)
    retry = {"command": "retry", "options": {"state": failed.run_id}}
    result, _ = run_steps(shared, workspace, [retry])
    assert result.success
    assert statuses(shared, result.run_id) == {"customers": "success", "big_spenders": "success"}


def test_a_sample_is_of_some_time(shared: Services, workspace: Workspace) -> None:
    options = {"sample": {"start": "2024-01-01", "end": "2024-01-31T12:00:00"}}
    result, _ = run_steps(shared, workspace, [{"command": "seed"}, {"command": "run", "options": options}])
    assert result.success
    (step,) = rows(shared, sa.select(RunStep).where(RunStep.run_id == result.run_id, RunStep.step == 2))
    assert step.command.startswith("dbt run --sample '{")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"state": "nowhere"}, "neither an environment of this workspace nor a run"),
        ({"defer": True}, "'dev' defers to no other"),
        ({"state": "broken"}, "'broken' has left no manifest.json"),
    ],
)
def test_a_state_that_is_not_there_is_said_before_the_run_and_in_it(
    shared: Services, workspace: Workspace, options: dict[str, object], said: str
) -> None:
    steps = check_steps([{"command": "build", "options": options}])
    with shared.db.session() as session:
        environment = environments.pick(session, workspace.id, None)
        with pytest.raises(Invalid) as error:
            check_states(session, shared.store, environment, [Step("seed"), *steps])
    (detail,) = error.value.details
    assert detail.field == f"steps.1.options.{'state' if 'state' in options else 'defer'}"
    assert said in detail.message
    result, _ = run_steps(shared, workspace, [step.as_config() for step in steps])
    assert not result.success
    assert ended(shared, result.run_id) == [(1, "failed")]
    assert said in messages(shared, result.run_id)


def test_an_environment_defers_to_the_one_that_is_set(
    shared: Services, workspace: Workspace, ci: Environment
) -> None:
    assert run_steps(shared, workspace, [{"command": "build"}])[0].success
    (step,) = check_steps([{"command": "run", "options": {"defer": True, "select": ["customers"]}}])
    with shared.db.session() as session:
        ci.defer_to_id = environments.pick(session, workspace.id, "dev").id  # type: ignore[attr-defined]
        check_states(session, shared.store, ci, [step])


def test_a_state_whose_file_is_gone_is_refused(shared: Services, workspace: Workspace) -> None:
    first, _ = run_steps(shared, workspace, [{"command": "parse"}])
    with shared.db.session() as session:
        environment = environments.pick(session, workspace.id, None)
    (step,) = check_steps([{"command": "ls", "options": {"state": first.run_id}}])
    for path in (shared.settings.data_dir / "artifacts").glob("??/*"):
        path.unlink()
    with shared.db.session() as session, pytest.raises(Invalid, match="no longer in the artifact store"):
        check_states(session, shared.store, environment, [step])
