"""What a run was made with: the commit of the project's folder, and the version of dbt."""

import os
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from core.runs.ports import DBT_VERSION_TAG, GIT_COMMIT_TAG

SECONDS: Final = 5
DIRTY: Final = "-dirty"


def made_with_tags(project_dir: Path) -> dict[str, str]:
    """Tags of a run; one that nobody can tell is left out."""
    known = {GIT_COMMIT_TAG: git_commit(project_dir), DBT_VERSION_TAG: dbt_version()}
    return {name: value for name, value in known.items() if value is not None}


def dbt_version() -> str | None:
    """The version of the dbt-core that is installed beside the product."""
    try:
        return version("dbt-core")
    except PackageNotFoundError:
        return None


def git_commit(project_dir: Path) -> str | None:
    """The commit that a project's folder is at, with `-dirty` if it holds changes that are in none.

    None where git does not track the project: a folder that merely lies inside of somebody's work tree is not
    described by its commit.
    """
    if not (project_dir / "dbt_project.yml").is_file():
        return None
    if _git(project_dir, "ls-files", "--error-unmatch", "dbt_project.yml") is None:
        return None
    commit = _git(project_dir, "rev-parse", "--verify", "HEAD")
    if not commit:
        return None
    changed = _git(project_dir, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    return f"{commit}{DIRTY}" if changed else commit


def _git(folder: Path, *words: str) -> str | None:
    """What git says; None where it fails, is not there, or takes too long.

    The repository is the user's: what its configuration names is not run by just looking.
    """
    calm = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
    environment = {"PATH": os.environ.get("PATH", os.defpath), "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", *calm, "-C", os.fspath(folder), *words]
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None
