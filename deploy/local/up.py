"""`workbench up`: look at settings, projects and machine, then run a session."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from core.kit.errors import Invalid
from core.kit.settings import Settings, load_settings, variable_of
from deploy.local import checks
from deploy.local.environment import forget_secrets
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
    host: str | None = None
    demo: bool = True


def up(wishes: Wishes, progress: Progress | None = None) -> int:
    """Run the whole stack in the foreground. Returns the exit code.

    Raises:
        WorkbenchError: it cannot start; nothing is left running.
    """
    settings = resolve_settings(wishes)
    forget_secrets()
    projects = check_projects(wishes.projects)
    data = DataFolder(settings.data_dir)
    checks.check_installation()
    checks.check_data_folder(data)
    with DataFolderLock(data.lock_file, address(settings)) as lock:
        checks.check_disk(data.root)
        checks.check_port(settings.port, settings.host)
        return Session(settings, data, lock, progress or Progress(), projects, demo=wishes.demo).run()


def resolve_settings(wishes: Wishes) -> Settings:
    """The settings of the environment, with what the command line says on top.

    Raises:
        Invalid: a setting is wrong, or becomes so by the command line.
    """
    settings = load_settings()
    given = {"data_dir": wishes.data, "port": wishes.port, "host": wishes.host}
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        # Not `model_copy`: an address may need login.
        return Settings.model_validate({variable_of(name): value for name, value in values.items()})
    except ValidationError as error:
        said = "; ".join(item["msg"].removeprefix("Value error, ") for item in error.errors())
        raise Invalid(f"Wrong settings. {said}.") from error


def check_projects(folders: Sequence[Path]) -> list[Path]:
    """The folders given by --project, in full; every one of them holds a dbt project.

    Raises:
        Invalid: one does not.
    """
    if not folders:
        return []
    from core.artifacts.project_files import describe_project

    return [describe_project(folder).project_dir for folder in folders]
