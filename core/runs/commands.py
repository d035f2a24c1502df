"""The dbt commands that can be asked for: a typed allow-list, never a free string.

Meanings of commands and flags are dbt's own
(https://docs.getdbt.com/reference/dbt-commands). Two are said in other words than dbt's, for nobody names a
path or leaves the environment of a run: `target` takes an environment, `state` an environment or a run.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from core.kit.errors import FieldError, Invalid
from core.runs.option_checks import check_value

MAX_STEPS = 20
STOP, CONTINUE = "stop", "continue"
ON_FAILURE: Final = (STOP, CONTINUE)


@dataclass(frozen=True)
class Option:
    """A flag of dbt: its name here, how it is spelled there, and what kind of value it takes."""

    name: str
    flag: str
    kind: str
    description: str
    choices: tuple[str, ...] = ()


OPTIONS: Final = {
    option.name: option
    for option in (
        Option("select", "--select", "list", "Nodes to include, in dbt's selector syntax."),
        Option("exclude", "--exclude", "list", "Nodes to leave out, in dbt's selector syntax."),
        Option("selector", "--selector", "name", "A selector of the project's selectors.yml."),
        Option(
            "indirect_selection",
            "--indirect-selection",
            "choice",
            "Which tests come along with the nodes that they test.",
            ("eager", "cautious", "buildable", "empty"),
        ),
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
        Option(
            "sample",
            "--sample",
            "sample",
            'Build with the rows of some time only: "3 days", or an object with start and end.',
        ),
        Option(
            "defer",
            "--defer",
            "switch",
            "Read what was not built here from where the state says; without a state, from the environment "
            "that this one defers to.",
        ),
        Option(
            "favor_state",
            "--favor-state",
            "switch",
            "With defer: read from there even what was built here.",
        ),
        Option(
            "state",
            "--state",
            "state",
            "What to compare with or defer to: the key of an environment or the id of a run.",
        ),
        Option("target", "--target", "environment", "The environment of the run, by its key."),
        Option("macro", "", "macro", "The macro to run."),
        Option("args", "--args", "mapping", "Arguments of the macro, as an object."),
    )
}

_SELECTION = ("select", "exclude", "selector", "indirect_selection")
_COMMON = ("vars", "threads", "target")
_DEFER = ("defer", "favor_state", "state")


@dataclass(frozen=True)
class Command:
    """A dbt command and the options it takes; those that it cannot do without are `needed`."""

    name: str
    description: str
    options: tuple[str, ...]
    needed: tuple[str, ...] = ()

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
            (
                *_SELECTION,
                *_COMMON,
                "full_refresh",
                "fail_fast",
                "store_failures",
                "empty",
                "sample",
                *_DEFER,
            ),
        ),
        Command(
            "run",
            "Models only.",
            (*_SELECTION, *_COMMON, "full_refresh", "fail_fast", "empty", "sample", *_DEFER),
        ),
        Command("test", "Tests only.", (*_SELECTION, *_COMMON, "fail_fast", "store_failures", *_DEFER)),
        Command("seed", "Seeds only.", (*_SELECTION, *_COMMON, "full_refresh", "fail_fast", "state")),
        Command("snapshot", "Snapshots only.", (*_SELECTION, *_COMMON, "fail_fast", "empty", *_DEFER)),
        Command(
            "compile",
            "Compile SQL without running it.",
            (*_SELECTION, *_COMMON, "full_refresh", "fail_fast", "empty", *_DEFER),
        ),
        Command("parse", "Read the project and write its manifest.", _COMMON),
        Command("ls", "List the nodes that a selection names.", (*_SELECTION, "vars", "target", "state")),
        Command(
            "docs generate",
            "Read columns and statistics from the warehouse.",
            (*_SELECTION, *_COMMON, "fail_fast", *_DEFER),
        ),
        Command(
            "source freshness",
            "Ask how old the data of the sources is.",
            (*_SELECTION, *_COMMON, "fail_fast", "state"),
        ),
        Command("deps", "Install the project's packages.", ("vars",)),
        Command("debug", "Check the connection to the warehouse.", ("vars", "target")),
        Command("run-operation", "Run one macro.", ("macro", "args", *_COMMON), ("macro",)),
        Command(
            "clone",
            "Clone models, seeds and snapshots from where the state says into this environment.",
            (*_SELECTION, *_COMMON, "full_refresh", "fail_fast", "state"),
            ("state",),
        ),
        Command(
            "retry",
            "dbt's own retry of the run that the state names: what failed or was skipped there.",
            ("vars", "threads", "state"),
            ("state",),
        ),
    )
}


@dataclass(frozen=True)
class Step:
    """One dbt command with its options, checked.

    `on_failure`: whether the steps behind it run all the same when it fails. `state_path`: the folder that
    the option `state` stands for, once there is one.
    """

    command: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    on_failure: str = STOP
    state_path: str | None = None

    @property
    def display(self) -> str:
        """The command as a person would type it."""
        return shlex.join(["dbt", *_words(self, ("target",))])

    def as_config(self) -> dict[str, Any]:
        """The step as plain data, for a run's configuration."""
        said = {"on_failure": self.on_failure} if self.on_failure != STOP else {}
        return {"command": self.command, "options": dict(self.options), **said}

    def with_state(self, folder: str | None) -> "Step":
        """The same step, its state in this folder."""
        return replace(self, state_path=folder)


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
        raise refusal(problems)
    return [Step(str(step["command"]), _given(step), str(step.get("on_failure") or STOP)) for step in raw]


def refusal(problems: Sequence[FieldError]) -> Invalid:
    """The error that names all that is wrong with a request."""
    said = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
    return Invalid(
        f"The run was not started. {said}", hint="GET runs/options lists what is allowed.", details=problems
    )


def environment_of(steps: Sequence[Step], environment: str | None) -> str | None:
    """The key of the environment that a request means: its own, or that of its steps' `target`.

    Raises:
        Invalid: they name several.
    """
    named = environment
    for index, step in enumerate(steps):
        target = step.options.get("target")
        if target is not None and named is not None and target != named:
            said = (
                f"is {target!r}, but the run is in {named!r}: one run is in one environment, so ask for two"
            )
            raise refusal([FieldError(f"steps.{index}.options.target", said)])
        named = named if target is None else str(target)
    return named


def dbt_args(step: Step) -> list[str]:
    """The words that follow `dbt` on the command line, without `--target`: that is the environment's."""
    options = {**step.options, "state": step.state_path}
    return _words(replace(step, options=options), ("target",))


def _words(step: Step, without: tuple[str, ...]) -> list[str]:
    args = list(COMMANDS[step.command].words)
    macro = step.options.get("macro")
    if macro is not None:
        args.append(str(macro))
    for name in COMMANDS[step.command].options:
        if name not in without:
            args += _flag(OPTIONS[name], step.options.get(name))
    return args


def _flag(option: Option, value: Any) -> list[str]:
    if not option.flag or not _is_given(value):
        return []
    if option.kind == "switch":
        return [option.flag]
    if option.kind == "list":
        return [option.flag, *value]
    return [option.flag, _as_yaml(value) if isinstance(value, Mapping) else str(value)]


def _as_yaml(value: Any) -> str:
    """JSON that dbt reads as YAML; unescaped, for YAML takes the halves of an emoji for two characters."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _given(step: Mapping[str, Any]) -> dict[str, Any]:
    options = step.get("options") or {}
    return {name: value for name, value in options.items() if _is_given(value)}


def _is_given(value: Any) -> bool:
    """Whether an option says anything. 0 does, though it equals False: it is a wrong number of threads."""
    return value is not None and value is not False and value not in ([], {})


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
    found += _joint_problems(place, command, options)
    if step.get("on_failure") not in (None, *ON_FAILURE):
        found.append(FieldError(f"{place}.on_failure", "must be stop or continue"))
    return [problem for problem in found if problem is not None]


_NEEDS: Final = {
    "macro": "needs the name of a macro",
    "state": "needs a state: the key of an environment or the id of a run",
}
# What these select is known only beside a state.
_COMPARING: Final = ("state:", "result:", "source_status:")


def _joint_problems(place: str, command: Command, options: Mapping[str, Any]) -> list[FieldError | None]:
    """What is wrong with options together."""
    found: list[FieldError | None] = [
        FieldError(f"{place}.options.{name}", f"{command.name} {_NEEDS[name]}")
        for name in command.needed
        if not options.get(name)
    ]
    if options.get("selector") and (options.get("select") or options.get("exclude")):
        found.append(FieldError(f"{place}.options.selector", "cannot be joined with select or exclude"))
    if "state" in command.options and not options.get("state") and options.get("defer") is not True:
        found += [_comparing_problem(place, name, options.get(name)) for name in ("select", "exclude")]
    return found


def _comparing_problem(place: str, name: str, value: Any) -> FieldError | None:
    words = [word for word in value if isinstance(word, str)] if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]
    method = next((method for method in _COMPARING for word in words if compares_by(word, method)), None)
    if method is None:
        return None
    said = f"{method} compares with a state: name an environment or a run in the option state"
    return FieldError(f"{place}.options.{name}", said)


def compares_by(word: str, method: str) -> bool:
    """Whether a word of a selection has a criterion of this method, such as `state:`."""
    parts = word.replace(",", " ").split()
    return any(part.lstrip("@+0123456789").startswith(method) for part in parts)


def _option_problem(place: str, command: Command, name: str, value: Any) -> FieldError | None:
    option = OPTIONS.get(name)
    where = f"{place}.options.{name[:100]}"
    if option is None:
        return FieldError(where, f"{name[:100]!r} is not a flag that can be used here")
    if not _is_given(value):
        return None
    if name not in command.options:
        return FieldError(where, f"dbt {command.name} does not take {option.flag or name}")
    reason = check_value(option.kind, value, option.choices)
    return FieldError(where, reason) if reason else None
