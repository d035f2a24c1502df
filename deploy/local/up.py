"""`workbench up`: look at settings, projects and machine, then run a session."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.kit.settings import Settings, load_settings
from deploy.local import checks
from deploy.local.layout import DataFolder
from deploy.local.lock import DataFolderLock
from deploy.local.progress import Progress
from deploy.local.session import Session, address


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for; None leaves it to the settings."""

    projects: Sequence[Path] = ()
    data: Path | None = None
    port: int | None = None
    demo: bool = True


def up(wishes: Wishes, progress: Progress | None = None) -> int:
    """Run the whole stack in the foreground. Returns the exit code.

    Raises:
        WorkbenchError: it cannot start; nothing is left running.
    """
    settings = resolve_settings(wishes)
    projects = check_projects(wishes.projects)
    data = DataFolder(settings.data_dir)
    checks.check_installation()
    checks.check_data_folder(data)
    with DataFolderLock(data.lock_file, address(settings)) as lock:
        checks.check_disk(data.root)
        checks.check_port(settings.port)
        return Session(settings, data, lock, progress or Progress(), projects, demo=wishes.demo).run()


def resolve_settings(wishes: Wishes) -> Settings:
    """The settings of the environment, with what the command line says on top."""
    given = {"data_dir": wishes.data and wishes.data.expanduser().resolve(), "port": wishes.port}
    return load_settings().model_copy(
        update={name: value for name, value in given.items() if value is not None}
    )


def check_projects(folders: Sequence[Path]) -> list[Path]:
    """The folders given by --project, in full; every one of them holds a dbt project.

    Raises:
        Invalid: one does not.
    """
    if not folders:
        return []
    from core.artifacts.project_files import describe_project

    return [describe_project(folder).project_dir for folder in folders]
