"""What can be read of a dbt project without dbt: its name, its profile's targets, whether it changed."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.environments.service import Target
from core.kit.errors import Invalid, WorkbenchError

PROJECT_FILE = "dbt_project.yml"
SKIPPED_FOLDERS = frozenset({"node_modules", ".git", ".venv", "venv", "__pycache__", ".workbench"})
# What dbt writes itself. Deeper in, folders of these names are the project's own.
SKIPPED_AT_TOP = frozenset({"target", "logs"})


@dataclass(frozen=True)
class ProjectRequest:
    """A dbt project that should be a workspace. `key` names it in addresses."""

    key: str
    name: str
    project_dir: Path
    is_demo: bool = False
    description: str = ""


def describe_project(project_dir: Path, *, is_demo: bool = False) -> ProjectRequest:
    """The workspace that a folder would become; its key comes from the project's name.

    A `dbt_project.yml` that cannot be read does not stop it: the workspace will say why.

    Raises:
        Invalid: the folder does not exist or holds no dbt project.
    """
    folder = project_dir.expanduser().resolve()
    if not folder.is_dir():
        raise Invalid(
            f"There is no folder {folder}.", hint="--project takes the folder that holds dbt_project.yml."
        )
    if not (folder / PROJECT_FILE).is_file():
        raise Invalid(f"{folder} holds no {PROJECT_FILE}.", hint="--project takes the folder that holds it.")
    try:
        name = str(read_yaml(folder / PROJECT_FILE).get("name") or folder.name)[:200]
    except WorkbenchError:
        name = folder.name
    return ProjectRequest(slug(name), name, folder, is_demo=is_demo)


def slug(name: str) -> str:
    """A name as a workspace key: lower case letters, digits and underscores."""
    return re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")[:100] or "project"


def read_yaml(path: Path) -> Mapping[str, Any]:
    """A YAML file as a mapping.

    Raises:
        Invalid: missing, unreadable, or no mapping; says where.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror or error}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid(f"{path} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise Invalid(f"{path} does not hold a YAML mapping.")
    return content  # pyright: ignore[reportUnknownVariableType]


def profiles_dir_of(project_dir: Path) -> Path:
    """Where dbt would look: the project itself, DBT_PROFILES_DIR, then ~/.dbt."""
    configured = os.environ.get("DBT_PROFILES_DIR")
    candidates = [project_dir, *([Path(configured)] if configured else []), Path.home() / ".dbt"]
    return next(
        (folder.resolve() for folder in candidates if (folder / "profiles.yml").is_file()), project_dir
    )


def profile_targets(project_dir: Path, profiles_dir: Path) -> list[Target]:
    """The targets of the project's profile.

    Raises:
        Invalid: the profile is missing or has no targets.
    """
    profile_name = str(read_yaml(project_dir / PROJECT_FILE).get("profile") or "")
    profile = read_yaml(profiles_dir / "profiles.yml").get(profile_name)
    outputs: Any = profile.get("outputs") if isinstance(profile, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(profile, dict) or not isinstance(outputs, dict) or not outputs:
        raise Invalid(
            f"{profiles_dir / 'profiles.yml'} has no targets for the profile {profile_name!r}.",
            hint=f"`profile:` in {PROJECT_FILE} must name a profile with `outputs`.",
        )
    default = _default_target(profile, outputs)  # pyright: ignore[reportUnknownArgumentType]
    return [Target(str(name), _adapter(output), str(name) == default) for name, output in outputs.items()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _default_target(profile: Mapping[str, Any], outputs: Mapping[str, Any]) -> str:
    """The profile's `target`; `default` or else the first where it is missing or a Jinja expression."""
    named = str(profile.get("target") or "default")
    default_of_jinja = re.search(r"""env_var\(\s*(['"])[^'"]+\1\s*,\s*(['"])([^'"]+)\2""", named)
    name = default_of_jinja[3] if default_of_jinja else named
    return name if name in outputs else str(next(iter(outputs)))


def _adapter(output: Any) -> str | None:
    return str(output["type"]) if isinstance(output, dict) and output.get("type") else None  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def fingerprint(project_dir: Path, profiles_dir: Path, *extra: str) -> str:
    """Changes when a file of the project or its profiles does (by size and time of change)."""
    digest = hashlib.sha256("\0".join(extra).encode())
    for path in [*sorted(_files(project_dir)), profiles_dir / "profiles.yml"]:
        try:
            stat = path.stat()
        except OSError:
            continue
        digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        skipped = SKIPPED_FOLDERS | (SKIPPED_AT_TOP if Path(parent) == folder else frozenset())
        folders[:] = [name for name in folders if name not in skipped]
        for name in files:
            if not name.endswith((".duckdb", ".wal", ".user.yml")):
                yield Path(parent, name)
