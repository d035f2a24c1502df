"""How a dbt process is started: its executable, its words and the little it may see of our environment."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml
from sqlalchemy.orm import Session

from core.environments.models import Environment
from core.environments.names import BASE_VARIABLES, ENGINE_PREFIX, RESERVED, is_reserved
from core.environments.profiles import profiles_file
from core.environments.variables import Values, values_of
from core.kit.crypto import Cipher
from core.kit.settings import Settings, variable_of
from core.runs.commands import COMMANDS
from core.runs.masking import Masker
from core.workspaces.models import Workspace
from core.workspaces.service import project_folder

__all__ = ["BASE_VARIABLES", "ENGINE_PREFIX", "RESERVED"]

PREFIXES = ("DBT_", "LC_", "WORKBENCH_DEMO_")
DEMO_DUCKDB = "WORKBENCH_DEMO_DUCKDB"
LOG_FILE: Final = "DBT_LOG_LEVEL_FILE"
# Never dbt's, whatever is named in WORKBENCH_DBT_ENV.
KEYS: Final = frozenset(map(variable_of, ("encryption_key", "encryption_previous_keys")))
OWN_PROFILE: Final = "workbench"
_THREADED: Final = frozenset(name for name, command in COMMANDS.items() if "threads" in command.options)


@dataclass(frozen=True)
class DbtProcess:
    """One dbt process that is to be started.

    `words` are its whole command line; `env` is its whole environment and holds secrets: it goes to the
    process and nowhere else. `is_in_house`: it is the dbt that is installed with the product.
    With `profiles` (the content of a profiles.yml) the profile is kept here: `write_profile` puts it into
    `profiles_dir` before the start, and `remove_profile` takes it away.
    """

    words: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    secrets: Sequence[str] = field(repr=False)
    profiles_dir: Path
    profiles: str | None = None
    is_in_house: bool = True

    @property
    def masker(self) -> Masker:
        """Takes the secrets of this process out of what it writes."""
        return Masker(self.secrets)


def dbt_process(
    settings: Settings,
    workspace: Workspace,
    environment: Environment,
    args: Sequence[str],
    target_path: Path,
    values: Values,
) -> DbtProcess:
    """The process for a dbt command (`args`) in an environment; its output goes to `target_path` only.

    Raises:
        Conflict: the workspace has no dbt project.
    """
    base = dbt_environment(settings, workspace, target_path)
    own = {**values.plain, **values.secrets}
    profiles_dir, profiles, flags = Path(workspace.profiles_dir), None, list[str]()
    if environment.profile_yaml is not None:
        name, flags = _profile_name(workspace)
        profiles_dir = private_folder(target_path)
        profiles = profiles_file(name, environment.dbt_target, environment.profile_yaml)
    if args and args[0] == "deps":
        flags = []
    words = command_line([*args, *_threads(environment, args), *flags], environment.dbt_target)
    executable = environment.dbt_executable
    return DbtProcess(
        words=[executable_path(executable), *words[1:]] if executable else words,
        env=_joined(base, own) | _quiet(values) | {"DBT_PROFILES_DIR": str(profiles_dir)},
        secrets=tuple(values.secrets.values()),
        profiles_dir=profiles_dir,
        profiles=profiles,
        is_in_house=executable is None,
    )


def load_values(session: Session, settings: Settings, environment: Environment) -> Values:
    """The variables and secrets of an environment, for `dbt_process`.

    Raises:
        Undecryptable: a secret cannot be read with the keys that are known; it is named.
    """
    return values_of(session, Cipher(settings), environment.id)


def write_profile(process: DbtProcess) -> None:
    """Put the profile that is kept here where this one process reads it, and nobody else may."""
    if process.profiles is None:
        return
    shutil.rmtree(process.profiles_dir, ignore_errors=True)
    process.profiles_dir.mkdir(mode=0o700, parents=True)
    path = process.profiles_dir / "profiles.yml"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(process.profiles)


def remove_profile(process: DbtProcess) -> None:
    """Take away what `write_profile` has put."""
    if process.profiles is not None:
        shutil.rmtree(process.profiles_dir, ignore_errors=True)


def private_folder(target_path: Path) -> Path:
    """Where a profile lies as long as its dbt runs: beside its target folder."""
    return target_path.with_name(f"{target_path.name}.profile")


def executable_path(executable: str) -> str:
    """The dbt that an environment names: a file, or the folder of a virtual environment."""
    path = Path(executable)
    return str(path / "bin" / "dbt") if path.is_dir() else executable


def dbt_executable() -> str:
    """The dbt that is installed beside this Python."""
    return str(Path(sys.executable).parent / "dbt")


def visible_environment(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What dbt may see: a small base, dbt's own variables and those that the settings name.

    The address of our database and everything else of the server stays out, so that
    `env_var()` in a project cannot read it.
    """
    source = os.environ if environ is None else environ
    named = set(settings.dbt_env_names) - KEYS
    seen = {
        name: value
        for name, value in source.items()
        if not is_reserved(name) and (name in BASE_VARIABLES or name in named or name.startswith(PREFIXES))
    }
    seen.setdefault(DEMO_DUCKDB, str(settings.data_dir / "warehouses" / "demo.duckdb"))
    return seen


def dbt_environment(settings: Settings, workspace: Workspace, target_path: Path) -> dict[str, str]:
    """The environment of one dbt process, without variables of its own; see `dbt_process` for those."""
    return {
        **visible_environment(settings),
        "PYTHONUNBUFFERED": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
        "DBT_LOG_FORMAT": "json",
        # A file of debug events takes dbt an eighth of its time; an environment can have it written.
        LOG_FILE: "none",
        "DBT_TARGET_PATH": str(target_path),
        "DBT_LOG_PATH": str(target_path),
        "DBT_PROFILES_DIR": workspace.profiles_dir,
        "DBT_PROJECT_DIR": str(project_folder(workspace)),
    }


def command_line(args: Sequence[str], target: str) -> list[str]:
    """The words of a dbt process, its target last."""
    return [dbt_executable(), *args, *([] if args and args[0] == "deps" else ["--target", target])]


def _joined(base: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The environment's variables over those that dbt may see anyway; never over what is ours to set."""
    allowed = {name: value for name, value in own.items() if not is_reserved(name)}
    ours = {name: value for name, value in base.items() if is_reserved(name)}
    return {**base, **allowed, **ours}


def _quiet(values: Values) -> dict[str, str]:
    """Dbt's own log file would hold secrets as long as it runs; what it says at level info is in our log."""
    names = (LOG_FILE, LOG_FILE.replace("DBT_", ENGINE_PREFIX, 1))
    return dict.fromkeys(names, "none") if values.secrets else {}


def _threads(environment: Environment, args: Sequence[str]) -> list[str]:
    command = " ".join(args[:2]) if " ".join(args[:2]) in COMMANDS else " ".join(args[:1])
    if environment.threads is None or "--threads" in args or command not in _THREADED:
        return []
    return ["--threads", str(environment.threads)]


def _profile_name(workspace: Workspace) -> tuple[str, list[str]]:
    """The profile that the project names; where it names none that can be read here, one by a flag."""
    try:
        content = yaml.safe_load((project_folder(workspace) / "dbt_project.yml").read_text(encoding="utf-8"))
        name = content.get("profile") if isinstance(content, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    except (OSError, ValueError, yaml.YAMLError):
        name = None  # dbt will say in its own words what is wrong
    if isinstance(name, str) and name and "{{" not in name:
        return name, []
    return OWN_PROFILE, ["--profile", OWN_PROFILE]
