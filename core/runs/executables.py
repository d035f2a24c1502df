"""The dbt of an environment: which one may be named, and what it says of itself."""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any, Final

from core.environments.models import Environment
from core.kit.errors import FieldError, Invalid
from core.kit.settings import Settings
from core.kit.text import storable
from core.runs.dbt_process import dbt_executable, executable_path, visible_environment

FIELD: Final = "dbt_executable"
SECONDS: Final = 30
LONGEST: Final = 4000
# Parts of dbt that are no adapters.
PARTS: Final = frozenset(
    {
        "adapters",
        "common",
        "core",
        "extractor",
        "protos",
        "semantic-interfaces",
        "workbench",
        "mcp",
        "autofix",
    }
)
_INSTALLED: Final = re.compile(r"installed:\s*v?(\d[\w.+-]*)")
_ANY_VERSION: Final = re.compile(r"\b(\d+\.\d+[\w.+-]*)")
_PLUGIN: Final = re.compile(r"^\s*-\s*([a-z][\w-]*):\s*v?\d", re.MULTILINE)


@dataclass(frozen=True)
class Check:
    """What a dbt says of itself; `adapters` None: it does not say. `error`: it said nothing of use."""

    executable: str
    version: str | None = None
    adapters: Sequence[str] | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is kept in the table."""
        return {**asdict(self), "adapters": None if self.adapters is None else list(self.adapters)}


@dataclass(frozen=True)
class Adapters:
    """Which adapters there are, and which one the target needs. None: not known."""

    installed: Sequence[str] | None
    needed: str | None

    @property
    def missing(self) -> bool | None:
        """Whether the one that is needed is not there; None when nobody can tell."""
        if self.installed is None or self.needed is None:
            return None
        return self.needed not in self.installed


def checked_executable(settings: Settings, executable: str) -> Check:
    """A dbt that somebody names, asked for its version.

    Raises:
        Invalid: it is not below a folder that the settings allow, cannot be run, or is no dbt.
    """
    path = _allowed(settings, executable)
    found = ask(settings, str(path), executable)
    if found.error is not None:
        raise _refused(f"does not answer like a dbt: {found.error}")
    return found


def ask(settings: Settings, words: str, executable: str | None = None) -> Check:
    """Run `dbt --version` with the little that dbt may see, for at most 30 seconds."""
    name = executable or words
    try:
        code, output = _output([words, "--version"], visible_environment(settings))
    except OSError as error:
        return Check(name, error=f"it cannot be started: {error.strerror or error}")
    except subprocess.TimeoutExpired:
        return Check(name, error=f"`--version` took longer than {SECONDS} seconds")
    found = _INSTALLED.search(output) or ("dbt" in output.lower() and _ANY_VERSION.search(output)) or None
    if code != 0 or found is None:
        return Check(name, error=storable(f"`--version` ended with code {code}: {output.strip()[:500]}"))
    return Check(name, found[1], sorted(set(_PLUGIN.findall(_after_plugins(output)))) or None)


def in_house() -> Check:
    """The dbt that is installed with the product."""
    names = {dist.metadata["Name"].lower().replace("_", "-") for dist in distributions()}
    adapters = {name.removeprefix("dbt-") for name in names if name.startswith("dbt-")} - PARTS
    return Check(dbt_executable(), version("dbt-core"), sorted(adapters))


def check_of(environment: Environment) -> Check:
    """What is known of the dbt of an environment, without running it."""
    if environment.dbt_executable is None:
        return in_house()
    kept = environment.dbt_check
    return Check(**kept) if kept else Check(environment.dbt_executable, error="it was never asked")


def adapters_of(environment: Environment) -> Adapters:
    """The adapters that there are, against the one that the target needs."""
    return Adapters(check_of(environment).adapters, environment.adapter_type)


def _after_plugins(output: str) -> str:
    return output.partition("Plugins:")[2]


def _allowed(settings: Settings, executable: str) -> Path:
    folders = settings.dbt_folders_allowed
    if not folders:
        raise _refused(
            "cannot be chosen here: the instance allows only its own dbt; whoever runs the server can allow"
            " folders by the setting DBT_EXECUTABLES_ALLOWED"
        )
    if "\0" in executable or not Path(executable).is_absolute():
        raise _refused("must be an absolute path on the server")
    try:
        path = Path(executable_path(executable)).resolve()
        is_inside = any(path.is_relative_to(folder.resolve()) for folder in folders)
    except (OSError, RuntimeError, ValueError):
        is_inside, path = False, Path(executable)
    if not is_inside:
        named = ", ".join(map(str, folders))
        raise _refused(f"must be below a folder of DBT_EXECUTABLES_ALLOWED, links followed ({named})")
    if not path.is_file() or not os.access(path, os.X_OK):
        raise _refused(
            "must be a program that can be run, or the folder of a virtual environment with bin/dbt"
        )
    return path


def _refused(reason: str) -> Invalid:
    return Invalid(f"This dbt cannot be used: it {reason}.", details=[FieldError(FIELD, reason)])


def _output(words: Sequence[str], env: dict[str, str]) -> tuple[int, str]:
    """The exit code and what was said; whatever it started is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="workbench-dbt-") as folder:
        process = subprocess.Popen(
            words,
            env={**env, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_USE_COLORS": "false"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=SECONDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return process.returncode, output.decode(errors="replace")[:LONGEST]
