"""Register and parse the projects, in a process of its own so that its imports end with it.

python -m deploy.local.projects --result FILE [--project DIR]... [--no-demo]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from core.artifacts.project_files import ProjectRequest, describe_project, profiles_dir_of
from core.artifacts.projects import is_current, prepare
from core.kit.database import Database, make_engine
from core.kit.errors import WorkbenchError
from core.kit.settings import Settings, load_settings
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from deploy.local.layout import DEMO_PROJECT


def requests(folders: Sequence[Path], *, demo: bool) -> list[ProjectRequest]:
    """The workspaces asked for: the demo first, then the given folders.

    Raises:
        Invalid: a folder does not exist or holds no dbt project.
    """
    wanted = [describe_project(DEMO_PROJECT, is_demo=True)] if demo and DEMO_PROJECT.is_dir() else []
    return [*wanted, *(describe_project(folder) for folder in folders)]


def unchanged(settings: Settings, wanted: Sequence[ProjectRequest]) -> list[str] | None:
    """The keys of every workspace if there is nothing to register or parse, otherwise None.

    Cheap enough for the supervisor itself; it spares a second start the process that would find this out.
    """
    db = Database(make_engine(str(settings.database_url), pool_size=1))
    try:
        with db.session() as session:
            known = {item.project_dir: item for item in workspaces.all_workspaces(session)}
            in_use = workspaces.with_projects(session)
    finally:
        db.dispose()
    registered = all(_is_registered(project, known.get(str(project.project_dir))) for project in wanted)
    parsed = all(is_current(settings, workspace) for workspace in in_use)
    return sorted(item.key for item in in_use) if registered and parsed else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare every project and write what became of them to the result file."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.projects")
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--project", type=Path, action="append", default=[])
    parser.add_argument("--no-demo", action="store_true")
    given = parser.parse_args(arguments)
    try:
        prepared = prepare(load_settings(), requests(given.project, demo=not given.no_demo), _say)
    except WorkbenchError as error:
        _say(f"{error.message} {error.hint or ''}".strip())
        return 1
    given.result.write_text(json.dumps([asdict(project) for project in prepared]))
    return 0


def _is_registered(project: ProjectRequest, workspace: Workspace | None) -> bool:
    profiles = str(profiles_dir_of(project.project_dir))
    return workspace is not None and workspace.profiles_dir == profiles


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
