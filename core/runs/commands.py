"""The dbt commands that can be asked for: a typed allow-list, never a free string.

Meanings of commands and flags are dbt's own
(https://docs.getdbt.com/reference/dbt-commands).
"""

import json
import math
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from core.kit.errors import FieldError, Invalid
from core.kit.text import storable

MAX_STEPS = 20
MAX_VALUE_LENGTH = 4000
MAX_VALUES = 1000
MAX_DEPTH = 20
_MACRO_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


@dataclass(frozen=True)
class Option:
    """A flag of dbt: its name here, how it is spelled there, and what kind of value it takes."""

    name: str
    flag: str
    kind: str
    description: str


OPTIONS: Final = {
    option.name: option
    for option in (
        Option("select", "--select", "list", "Nodes to include, in dbt's selector syntax."),
        Option("exclude", "--exclude", "list", "Nodes to leave out, in dbt's selector syntax."),
        Option("selector", "--selector", "name", "A selector of the project's selectors.yml."),
        Option("vars", "--vars", "mapping", "Variables of the project, as an object."),
        Option(
            "full_refresh", "--full-refresh", "switch", "Rebuild incremental models and seeds from nothing."
        ),
        Option("fail_fast", "--fail-fast", "switch", "Stop at the first failure."),
        Option("threads", "--threads", "count", "How many nodes run at once."),
        Option(
            "store_failures", "--store-failures", "switch", "Keep the failing rows of tests in the warehouse."
        ),
        Option("empty", "--empty", "switch", "Build with no rows, to check that it would."),
        Option("macro", "", "macro", "The macro to run."),
        Option("args", "--args", "mapping", "Arguments of the macro, as an object."),
    )
}

_SELECTION = ("select", "exclude", "selector")
_COMMON = ("vars", "threads")


@dataclass(frozen=True)
class Command:
    """A dbt command and the options it takes."""

    name: str
    description: str
    options: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """The command as words of a command line."""
        return self.name.split()


COMMANDS: Final = {
    command.name: command
    for command in (
        Command(
            "build",
            "Seeds, models, snapshots and tests, in order of dependence.",
            (*_SELECTION, *_COMMON, "full_refresh", "fail_fast", "store_failures", "empty"),
        ),
        Command("run", "Models only.", (*_SELECTION, *_COMMON, "full_refresh", "fail_fast", "empty")),
        Command("test", "Tests only.", (*_SELECTION, *_COMMON, "fail_fast", "store_failures")),
        Command("seed", "Seeds only.", (*_SELECTION, *_COMMON, "full_refresh")),
        Command("snapshot", "Snapshots only.", (*_SELECTION, *_COMMON, "fail_fast", "empty")),
        Command("compile", "Compile SQL without running it.", (*_SELECTION, *_COMMON, "full_refresh")),
        Command("parse", "Read the project and write its manifest.", _COMMON),
        Command("ls", "List the nodes that a selection names.", (*_SELECTION, "vars")),
        Command("docs generate", "Read columns and statistics from the warehouse.", (*_SELECTION, *_COMMON)),
        Command("source freshness", "Ask how old the data of the sources is.", (*_SELECTION, *_COMMON)),
        Command("deps", "Install the project's packages.", ("vars",)),
        Command("debug", "Check the connection to the warehouse.", ("vars",)),
        Command("run-operation", "Run one macro.", ("macro", "args", *_COMMON)),
    )
}


@dataclass(frozen=True)
class Step:
    """One dbt command with its options, checked."""

    command: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def display(self) -> str:
        """The command as a person would type it."""
        return shlex.join(["dbt", *dbt_args(self)])

    def as_config(self) -> dict[str, Any]:
        """The step as plain data, for a run's configuration."""
        return {"command": self.command, "options": dict(self.options)}


def check_steps(raw: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Check the steps of a request.

    Raises:
        Invalid: every wrong command, flag and value, each by its place in the request.
    """
    if not raw or len(raw) > MAX_STEPS:
        detail = FieldError("steps", f"must hold between 1 and {MAX_STEPS} commands")
        raise Invalid(f"A run is made of 1 to {MAX_STEPS} dbt commands.", details=[detail])
    problems = [problem for index, step in enumerate(raw) for problem in _problems(f"steps.{index}", step)]
    if problems:
        raise Invalid(_summary(problems), hint="GET runs/options lists what is allowed.", details=problems)
    return [Step(str(step["command"]), _given(step)) for step in raw]


def dbt_args(step: Step) -> list[str]:
    """The words that follow `dbt` on the command line."""
    args = list(COMMANDS[step.command].words)
    macro = step.options.get("macro")
    if macro is not None:
        args.append(str(macro))
    for name in COMMANDS[step.command].options:
        args += _flag(OPTIONS[name], step.options.get(name))
    return args


def _flag(option: Option, value: Any) -> list[str]:
    if not option.flag or not _is_given(value):
        return []
    if option.kind == "switch":
        return [option.flag]
    if option.kind == "list":
        return [option.flag, *value]
    return [option.flag, _as_yaml(value) if option.kind == "mapping" else str(value)]


def _as_yaml(value: Mapping[str, Any]) -> str:
    """JSON that dbt reads as YAML; unescaped, for YAML takes the halves of an emoji for two characters."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _given(step: Mapping[str, Any]) -> dict[str, Any]:
    options = step.get("options") or {}
    return {name: value for name, value in options.items() if _is_given(value)}


def _is_given(value: Any) -> bool:
    """Whether an option says anything. 0 does, though it equals False: it is a wrong number of threads."""
    return value is not None and value is not False and value not in ([], {})


def _summary(problems: Sequence[FieldError]) -> str:
    return "The run was not started. " + "; ".join(f"{p.field}: {p.message}" for p in problems)


def _problems(place: str, step: Any) -> list[FieldError]:
    if not isinstance(step, Mapping):
        return [FieldError(place, "must be an object with a command")]
    name: Any = step.get("command")
    command = COMMANDS.get(name) if isinstance(name, str) else None
    if command is None:
        return [FieldError(f"{place}.command", f"{name!r} is not a dbt command that can be run here")]
    options: Any = step.get("options") or {}
    if not isinstance(options, Mapping):
        return [FieldError(f"{place}.options", "must be an object")]
    found = [_option_problem(place, command, option, value) for option, value in options.items()]
    if command.name == "run-operation" and not options.get("macro"):
        found.append(FieldError(f"{place}.options.macro", "run-operation needs the name of a macro"))
    if options.get("selector") and (options.get("select") or options.get("exclude")):
        found.append(FieldError(f"{place}.options.selector", "cannot be joined with select or exclude"))
    return [problem for problem in found if problem is not None]


def _option_problem(place: str, command: Command, name: str, value: Any) -> FieldError | None:
    option = OPTIONS.get(name)
    where = f"{place}.options.{name[:100]}"
    if option is None:
        return FieldError(where, f"{name[:100]!r} is not a flag that can be used here")
    if not _is_given(value):
        return None
    if name not in command.options:
        return FieldError(where, f"dbt {command.name} does not take {option.flag or name}")
    reason = _CHECKS[option.kind](value)
    return FieldError(where, reason) if reason else None


def _check_text(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "must be a text that is not empty"
    if len(value) > MAX_VALUE_LENGTH or not value.isprintable():
        return f"must be shorter than {MAX_VALUE_LENGTH} characters and hold no control characters"
    if value.lstrip().startswith("-"):
        return f"{value!r} begins with '-', which dbt would read as a flag"
    return None


def _check_list(value: Any) -> str | None:
    if not isinstance(value, list):
        return "must be a list of texts"
    items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
    if len(items) > MAX_VALUES:
        return f"must hold at most {MAX_VALUES} texts"
    return next((reason for reason in map(_check_text, items) if reason), None)


def _check_mapping(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "must be an object"
    if not _is_plain(value, MAX_DEPTH):
        return f"must hold only finite numbers and valid text, nested at most {MAX_DEPTH} deep"
    return None if len(json.dumps(value)) <= 10 * MAX_VALUE_LENGTH else "is too long"


def _is_plain(value: Any, depth: int) -> bool:
    """Whether dbt's YAML reader, PostgreSQL and Dagster can all hold it."""
    if isinstance(value, dict):
        items: list[Any] = [*value.keys(), *value.values()]  # pyright: ignore[reportUnknownVariableType]
        return depth > 0 and all(_is_plain(item, depth - 1) for item in items)
    if isinstance(value, list):
        return depth > 0 and all(_is_plain(item, depth - 1) for item in value)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, str) or storable(value) == value


def _check_switch(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _check_count(value: Any) -> str | None:
    ok = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 256
    return None if ok else "must be a whole number from 1 to 256"


def _check_macro(value: Any) -> str | None:
    ok = isinstance(value, str) and len(value) <= MAX_VALUE_LENGTH and _MACRO_NAME.fullmatch(value)
    return None if ok else "must be the name of a macro"


_CHECKS: Final = {
    "list": _check_list,
    "name": _check_text,
    "mapping": _check_mapping,
    "switch": _check_switch,
    "count": _check_count,
    "macro": _check_macro,
}
