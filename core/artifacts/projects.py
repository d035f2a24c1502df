"""Preparing projects at start: each becomes a workspace and is parsed when its files changed."""

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from core.artifacts import service as artifacts
from core.artifacts.arrival import REFUSED, Arrival
from core.artifacts.project_files import (
    ProjectRequest,
    describe_project,
    fingerprint,
    profile_targets,
    profiles_dir_of,
)
from core.artifacts.restoring import restore
from core.artifacts.store import ArtifactStore
from core.auth.actor import Actor
from core.environments import service as environments
from core.environments.editing import Repository
from core.environments.models import Environment
from core.environments.service import Target
from core.kit.database import Database, make_engine
from core.kit.errors import Conflict, FieldError, Invalid, WorkbenchError
from core.kit.settings import Settings
from core.runs.dbt_process import DbtProcess, dbt_process, load_values, remove_profile, write_profile
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace, WorkspaceState
from core.workspaces.service import Registration

PARSE_TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class PreparedProject:
    """What became of a project: `ready`, or `broken` with dbt's own message."""

    key: str
    state: str
    message: str | None
    seconds: float
    parsed: bool


def prepare(
    settings: Settings, projects: Sequence[ProjectRequest], report: Callable[[str], None]
) -> list[PreparedProject]:
    """Register these projects, and parse every workspace whose project changed since it was last parsed.

    Raises:
        Invalid: two different projects would have the same key.
    """
    db = Database(make_engine(str(settings.database_url), pool_size=4))
    try:
        _register(db, projects)
        with db.session() as session:
            keys = [workspace.key for workspace in workspaces.with_projects(session)]
        with ThreadPoolExecutor(max_workers=2) as pool:
            return list(pool.map(partial(_prepare_one, settings, db, report), keys))
    finally:
        db.dispose()


def _key_of(session: Session, project: ProjectRequest) -> str:
    """The key that the folder has already, or else the one of its name.

    A folder stays the workspace it is, also while its dbt_project.yml cannot be read.
    """
    if known := workspaces.by_project_dir(session, str(project.project_dir)):
        return known.key
    namesake = workspaces.by_key(session, project.key)
    # The demo of another clone is the demo all the same: an upgrade may be unpacked beside the old release.
    same_demo = namesake is not None and namesake.is_demo and project.is_demo
    if namesake and not same_demo and namesake.project_dir and Path(namesake.project_dir).exists():
        raise Invalid(
            f"{project.project_dir} and {namesake.project_dir} are both named {project.key!r}.",
            hint="Give one of them another `name:` in dbt_project.yml.",
        )
    return project.key


def _register(db: Database, projects: Sequence[ProjectRequest]) -> None:
    with db.session() as session:
        for project in projects:
            key = _key_of(session, project)
            profiles = profiles_dir_of(project.project_dir)
            workspaces.register(
                session,
                Registration(
                    key=key,
                    name=project.name,
                    project_dir=str(project.project_dir),
                    profiles_dir=str(profiles),
                    is_demo=project.is_demo,
                    description=project.description,
                ),
            )


@dataclass(frozen=True)
class NewWorkspace:
    """A workspace that somebody asks for. `project_dir` is a folder on the server, or None."""

    key: str
    name: str
    description: str
    project_dir: str | None


def create(session: Session, actor: Actor, wanted: NewWorkspace) -> Workspace:
    """Add a workspace; its project is parsed by `parse_new`, after the commit.

    Raises:
        Invalid: the key or name is not allowed, or the folder holds no dbt project.
        Conflict: the key is taken, or the folder belongs to another workspace.
    """
    folder = None if wanted.project_dir is None else _checked_folder(session, wanted.project_dir)
    registration = Registration(
        wanted.key,
        wanted.name,
        None if folder is None else str(folder),
        "" if folder is None else str(profiles_dir_of(folder)),
        description=wanted.description,
    )
    return workspaces.add(session, actor.by, registration)


def parse_new(settings: Settings, db: Database, key: str) -> None:
    """Parse the project of a workspace that was just made; its state says how that went."""
    _prepare_one(settings, db, lambda _line: None, key)


def _checked_folder(session: Session, project_dir: str) -> Path:
    path = Path(project_dir)
    if "\0" in project_dir or not path.is_absolute():
        detail = FieldError("project_dir", "must be an absolute path on the server")
        raise Invalid(f"{project_dir!r} is not an absolute path.", details=[detail])
    try:
        folder = describe_project(path).project_dir
    except (Invalid, OSError, RuntimeError) as error:
        detail = FieldError("project_dir", str(error))
        raise Invalid(f"The project folder cannot be used: {error}", details=[detail]) from error
    other = workspaces.by_project_dir(session, str(folder))
    if other is not None:
        detail = FieldError("project_dir", "is taken")
        raise Conflict(f"{folder} is the project of the workspace {other.key}.", details=[detail])
    return folder


def _prepare_one(
    settings: Settings, db: Database, report: Callable[[str], None], key: str
) -> PreparedProject:
    began = time.monotonic()
    with db.session() as session:
        workspace = workspaces.by_key(session, key)
    assert workspace is not None  # noqa: S101 - read a moment ago, and never deleted
    restore(db, ArtifactStore(settings.data_dir), workspace)
    parsed = not is_current(settings, workspace)
    if parsed:
        report(f"parsing {key}")
        _parse(settings, db, workspace)
    with db.session() as session:
        after = session.get_one(Workspace, workspace.id)
        return PreparedProject(key, after.state, after.state_message, time.monotonic() - began, parsed)


def is_current(settings: Settings, workspace: Workspace) -> bool:
    """Whether nothing changed since the last parse, that went well, and its manifest is there unharmed."""
    digest = workspace.manifest_digest
    if workspace.state != WorkspaceState.READY or digest is None:
        return False
    same = workspace.project_fingerprint == _fingerprint(settings, workspace)
    return same and ArtifactStore(settings.data_dir).holds(digest)


def _fingerprint(settings: Settings, workspace: Workspace) -> str:
    project, profiles = workspaces.project_folder(workspace), Path(workspace.profiles_dir)
    return fingerprint(project, profiles, version("dbt-core"), str(settings.data_dir))


def _parse(settings: Settings, db: Database, workspace: Workspace) -> None:
    seen = _fingerprint(settings, workspace)
    try:
        environment = _sync_environments(db, workspace)
        folder = parse_folder(settings.data_dir, workspace.key)
        message = _run_parse(_parse_process(settings, db, workspace, environment, folder), workspace, folder)
        if message is None:
            store = ArtifactStore(settings.data_dir)
            taken = artifacts.collect(db, store, Arrival(workspace.id, environment.id), folder)
            message = taken.reason if taken.outcome == REFUSED else None
    except subprocess.TimeoutExpired:
        message = f"dbt parse did not end within {PARSE_TIMEOUT_SECONDS} seconds."
    except OSError as error:
        message = str(error)
    except (WorkbenchError, DataError) as error:
        message = _why(error)
    with db.session() as session:
        row = session.get_one(Workspace, workspace.id)
        row.project_fingerprint = seen
        if message is not None:
            workspaces.mark_broken(row, message)


def _sync_environments(db: Database, workspace: Workspace) -> Environment:
    with db.session() as session:
        return _follow_profile(session, session.get_one(Workspace, workspace.id))


def _follow_profile(session: Session, workspace: Workspace) -> Environment:
    """Make the environments those of the profile as it is now; answers the default one."""
    project_dir = workspaces.project_folder(workspace)
    if not project_dir.is_dir():
        raise Invalid(f"The folder of the project, {project_dir}, is gone.")
    targets = _targets(session, workspace, project_dir)
    environments.sync_targets(session, workspace.id, targets)
    return environments.pick(session, workspace.id, None)


def _targets(session: Session, workspace: Workspace, project_dir: Path) -> list[Target]:
    """Those of the repository's profile. There need not be one where environments have their own."""
    try:
        return profile_targets(project_dir, Path(workspace.profiles_dir))
    except Invalid:
        if (Path(workspace.profiles_dir) / "profiles.yml").exists() or not environments.has_own_profile(
            session, workspace.id
        ):
            raise
        return []


def repository_of(workspace: Workspace) -> Repository:
    """The targets of the profile in the repository, read now; a profile that cannot be read says why."""
    if workspace.project_dir is None:
        return Repository(problem="the workspace has no dbt project")
    try:
        targets = profile_targets(Path(workspace.project_dir), Path(workspace.profiles_dir))
    except Invalid as error:
        return Repository(problem=error.message)
    return Repository(targets)


def look_again(db: Database, workspace: Workspace) -> None:
    """Read the profile of a broken project anew: a run needs a target, and it may have been mended since.

    Raises:
        Invalid: it still cannot be read, and no environment is known from before.
    """
    try:
        with db.session() as session:
            row = session.get_one(Workspace, workspace.id, with_for_update=True)
            row.profiles_dir = str(profiles_dir_of(workspaces.project_folder(row)))
            _follow_profile(session, row)
    except (WorkbenchError, DataError) as error:
        reason = _why(error)
        with db.session() as session:
            if environments.environments_of(session, [workspace.id])[workspace.id]:
                return  # dbt will say in its own words what is wrong
            workspaces.mark_broken(session.get_one(Workspace, workspace.id), reason)
        raise Invalid(reason, hint=workspaces.MEND) from error


def _why(error: WorkbenchError | DataError) -> str:
    if isinstance(error, DataError):
        return f"The project holds a value that cannot be kept: {error.orig}"
    return str(error)


def parse_folder(data_dir: Path, key: str) -> Path:
    """Where a project is parsed at start; dbt's partial parse lives there."""
    return data_dir / "parse" / key


def _parse_process(
    settings: Settings, db: Database, workspace: Workspace, environment: Environment, folder: Path
) -> DbtProcess:
    with db.session() as session:
        values = load_values(session, settings, environment)
    return dbt_process(settings, workspace, environment, ["parse"], folder, values)


def _run_parse(process: DbtProcess, workspace: Workspace, folder: Path) -> str | None:
    """Run `dbt parse`; None when it went well, otherwise what dbt said."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    masker = process.masker
    try:
        write_profile(process)
        done = subprocess.run(
            process.words,
            env=process.env,
            cwd=workspace.project_dir,
            capture_output=True,
            timeout=PARSE_TIMEOUT_SECONDS,
            check=False,
        )
    finally:
        remove_profile(process)
        masker.clean_folder(folder)
    if done.returncode == 0:
        return None
    said, stderr = (masker.mask(text).decode(errors="replace") for text in (done.stdout, done.stderr))
    return _errors(said) or stderr.strip()[-4000:] or f"dbt parse ended with code {done.returncode}."


def _errors(output: str) -> str:
    """The error lines of dbt's JSON log; lines that are no JSON are kept, they are a crash."""
    said: list[str] = []
    for line in output.splitlines():
        try:
            info = json.loads(line)["info"]
        except (ValueError, KeyError, TypeError):
            said.append(line)
            continue
        if info.get("level") == "error":
            said.append(str(info.get("msg", "")).strip())
    return "\n".join(text for text in said if text)
