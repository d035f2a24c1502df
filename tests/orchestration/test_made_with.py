"""What a run says it was made with."""

import subprocess
from pathlib import Path

import pytest

from orchestration.lib import made_with
from orchestration.lib.made_with import dbt_version, git_commit, made_with_tags


def git(folder: Path, *words: str) -> str:
    told = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", "-C", folder, *told, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder of a repository, committed."""
    folder = tmp_path / "repository" / "dbt"
    folder.mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: shop\n")
    git(folder.parent, "init", "-q")
    git(folder.parent, "add", ".")
    git(folder.parent, "commit", "-q", "-m", "first")
    return folder


def test_the_commit_is_that_of_the_projects_folder(project: Path) -> None:
    commit = git(project, "rev-parse", "HEAD")
    assert git_commit(project) == commit
    (project.parent / "elsewhere.txt").write_text("beside the project")
    assert git_commit(project) == commit


@pytest.mark.parametrize("name", ["dbt_project.yml", "new.sql"])
def test_changes_that_are_in_no_commit_are_said(project: Path, name: str) -> None:
    (project / name).write_text("changed")
    assert git_commit(project) == git(project, "rev-parse", "HEAD") + "-dirty"


def test_a_folder_that_only_lies_in_a_work_tree_has_no_commit(project: Path) -> None:
    (project.parent / ".gitignore").write_text("data/\n")
    copy = project.parent / "data" / "copy"
    copy.mkdir(parents=True)
    (copy / "dbt_project.yml").write_text("name: copy\n")
    assert git_commit(copy) is None


def test_without_git_or_a_repository_nothing_is_said(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: alone\n")
    assert git_commit(tmp_path) is None
    assert git_commit(tmp_path / "nowhere") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_commit(project) is None
    assert list(made_with_tags(project)) == ["workbench/dbt_version"]


def test_looking_runs_nothing_that_the_repository_names(project: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    trap.chmod(0o755)
    git(project, "config", "core.fsmonitor", str(trap))
    assert git_commit(project) == git(project, "rev-parse", "HEAD")
    assert not (tmp_path / "ran").exists()


def test_the_version_of_dbt_is_the_installed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (dbt_version() or "").startswith("1.")

    def missing(name: str) -> str:
        raise made_with.PackageNotFoundError(name)

    monkeypatch.setattr(made_with, "version", missing)
    assert dbt_version() is None
