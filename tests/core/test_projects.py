"""Preparing projects at start: one that cannot be read is one red line."""

import subprocess
from pathlib import Path

import pytest

from core.artifacts import projects
from core.artifacts.project_files import describe_project
from core.artifacts.projects import PreparedProject, prepare
from core.environments import service as environments
from core.kit.database import Database, make_engine
from core.kit.errors import Invalid
from core.kit.settings import Settings
from core.runs import dbt_process
from core.workspaces import service as workspaces


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings.model_validate({"DATABASE_URL": database_url, "WORKBENCH_DATA": tmp_path / "data"})


def a_project(folder: Path, profile: str | None, name: str = "shop") -> Path:
    folder.mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(f"name: {name}\nprofile: shop\n")
    if profile is not None:
        (folder / "profiles.yml").write_text(profile)
    return folder


def prepared(settings: Settings, *folders: Path) -> dict[str, PreparedProject]:
    found = prepare(settings, [describe_project(folder) for folder in folders], lambda _: None)
    return {project.key: project for project in found}


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("shop: [", "not valid YAML"),
        ("other: {}", "no targets for the profile 'shop'"),
        (f"shop: {{outputs: {{{'x' * 300}: {{type: duckdb}}}}}}", "a value that cannot be kept"),
        ('shop: {outputs: {"a\\0b": {type: duckdb}}}', "a value that cannot be kept"),
    ],
)
def test_a_project_that_cannot_be_read_is_broken_and_says_why(
    settings: Settings, tmp_path: Path, profile: str, said: str
) -> None:
    found = prepared(settings, a_project(tmp_path / "shop", profile))["shop"]
    assert found.state == "broken"
    assert said in (found.message or "")


def test_a_parse_that_hangs_is_one_red_line(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = tmp_path / "dbt"
    hangs.write_text("#!/bin/sh\nexec sleep 60\n")
    hangs.chmod(0o755)
    monkeypatch.setattr(dbt_process, "dbt_executable", lambda: str(hangs))
    monkeypatch.setattr(projects, "PARSE_TIMEOUT_SECONDS", 0.3)
    found = prepared(settings, a_project(tmp_path / "shop", "shop: {outputs: {dev: {type: duckdb}}}"))["shop"]
    assert (found.state, found.message) == ("broken", "dbt parse did not end within 0.3 seconds.")
    assert subprocess.run(["pgrep", "-f", str(hangs)], check=False, capture_output=True).stdout == b""


def test_two_projects_of_one_name_are_refused(settings: Settings, tmp_path: Path) -> None:
    first, second = (a_project(tmp_path / name, None) for name in ("one", "two"))
    prepared(settings, first)
    with pytest.raises(Invalid, match="are both named 'shop'") as error:
        prepared(settings, second)
    assert "dbt_project.yml" in (error.value.hint or "")
    assert set(prepared(settings, first)) == {"shop"}


def test_a_project_that_moved_keeps_its_workspace(settings: Settings, tmp_path: Path) -> None:
    first = a_project(tmp_path / "one", None)
    prepared(settings, first)
    first.rename(tmp_path / "two")
    found = prepared(settings, tmp_path / "two")
    assert set(found) == {"shop"}
    assert "one" not in (found["shop"].message or "")


def test_a_project_that_is_gone_is_broken_and_stays(settings: Settings, tmp_path: Path) -> None:
    folder = a_project(tmp_path / "one", None)
    prepared(settings, folder)
    folder.rename(tmp_path / "elsewhere")
    found = prepared(settings)["shop"]
    assert found.state == "broken"
    assert "is gone" in (found.message or "")


def test_a_profile_that_was_mended_is_found_without_a_start(settings: Settings, tmp_path: Path) -> None:
    folder = a_project(tmp_path / "shop", None)
    prepared(settings, folder)
    db = Database(make_engine(str(settings.database_url)))
    try:
        with db.session() as session:
            workspace = workspaces.require(session, "shop")
        with pytest.raises(Invalid, match="cannot be read"):
            projects.look_again(db, workspace)
        (folder / "profiles.yml").write_text("shop: {outputs: {dev: {type: duckdb}}}")
        projects.look_again(db, workspace)
        (folder / "profiles.yml").write_text("shop: [")
        projects.look_again(db, workspace)
        with db.session() as session:
            assert environments.pick(session, workspace.id, None).dbt_target == "dev"
    finally:
        db.dispose()
