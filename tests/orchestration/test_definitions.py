"""Loading the code location: a broken workspace is one red line, never an outage."""

from pathlib import Path

import msgspec
import pytest
from dagster import AssetKey, Definitions

from core.artifacts.project_files import describe_project
from core.artifacts.projects import prepare
from core.catalog.assets import asset_key, asset_path
from core.runs.service import job_name
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace, WorkspaceState
from orchestration.defs import compose
from orchestration.lib.services import Services


def load(shared: Services, monkeypatch: pytest.MonkeyPatch) -> Definitions:
    monkeypatch.setattr(compose, "services", lambda: shared)
    return compose.load()


def state_of(shared: Services, key: str) -> Workspace:
    with shared.db.session() as session:
        return workspaces.require(session, key)


@pytest.fixture
def second(shared: Services, tmp_path: Path) -> Workspace:
    """Another workspace beside the first, which does not parse."""
    folder = tmp_path / "second"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: second\nprofile: second\n")
    (folder / "profiles.yml").write_text(
        "second: {target: dev, outputs: {dev: {type: duckdb, path: x.duckdb}}}"
    )
    (folder / "models" / "bad.sql").write_text("select {{ ref('nobody') ")
    prepared = prepare(shared.settings, [describe_project(folder)], lambda _: None)
    assert {item.key: item.state for item in prepared}["second"] == "broken"
    return state_of(shared, "second")


def test_a_workspace_that_does_not_parse_has_its_job_and_the_other_its_assets(
    shared: Services, workspace: Workspace, second: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = load(shared, monkeypatch).get_repository_def()
    assert {job_name(workspace.key), job_name(second.key)} <= {job.name for job in repository.get_all_jobs()}
    keys = set(repository.asset_graph.materializable_asset_keys)
    assert AssetKey(["tiny", "tiny", "orders"]) in keys
    assert "nobody" in (second.state_message or "")


@pytest.mark.parametrize(
    ("content", "said"), [(None, "missing"), (b'{"nodes": ', "corrupt"), (b"{}", "could not be loaded")]
)
def test_a_missing_or_corrupt_manifest_is_said_on_the_workspace(
    shared: Services, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, content: bytes | None, said: str
) -> None:
    assert workspace.manifest_digest is not None
    path = shared.store.path(workspace.manifest_digest)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    repository = load(shared, monkeypatch).get_repository_def()
    assert job_name("tiny") in {job.name for job in repository.get_all_jobs()}
    after = state_of(shared, "tiny")
    assert after.state == WorkspaceState.BROKEN
    assert said in (after.state_message or "")
    assert "Parse again" in (after.state_hint or "")


def test_a_harmed_manifest_is_made_anew_at_the_next_start(shared: Services, workspace: Workspace) -> None:
    assert workspace.manifest_digest is not None
    shared.store.path(workspace.manifest_digest).write_bytes(b"harmed")
    (prepared,) = prepare(shared.settings, [], lambda _: None)
    assert (prepared.state, prepared.parsed) == ("ready", True)
    after = state_of(shared, "tiny")
    assert after.manifest_digest is not None
    assert msgspec.json.decode(shared.store.read(after.manifest_digest))["nodes"]


def test_an_unchanged_project_is_not_parsed_again(shared: Services, workspace: Workspace) -> None:
    first = prepare(shared.settings, [], lambda _: None)
    again = prepare(shared.settings, [], lambda _: None)
    assert [item.parsed for item in again] == [False]
    assert first[0].key == again[0].key == workspace.key


def test_a_run_process_loads_only_its_own_workspace(
    shared: Services, workspace: Workspace, second: Workspace
) -> None:
    found = compose.sources(shared, job_name(second.key))
    assert [source.key for source in found] == [second.key]
    assert {source.key for source in compose.sources(shared, None)} == {workspace.key, second.key}


def test_names_outside_of_dagsters_alphabet_do_not_cost_a_project_its_assets() -> None:
    assert asset_key("shop", "model.shop.été v-1.v2") == ["shop", "shop", "_ue9_t_ue9__u20_v-1", "v2"]
    assert asset_path("shop", "model.shop.été", "model", "table") == "/assets/shop/shop/_ue9_t_ue9_"
