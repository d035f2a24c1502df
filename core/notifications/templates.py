"""Words of messages: Jinja2, of which only what cannot run away is allowed.

Variables, conditions, loops over what there is, and filters. No calls, assignments, macros or includes: a
template is of a workspace's admin, and what renders it serves every workspace.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.kit.errors import FieldError, Invalid
from core.notifications.examples import example_of, least_of
from core.notifications.facts import NAMES
from core.notifications.models import EventKind
from core.notifications.wording import BODY, TITLE

LONGEST: Final = {"title_template": 500, "body_template": 20_000}
LONGEST_TITLE: Final = 300
LONGEST_BODY: Final = 20_000
MOST_LOOPS: Final = 2
FILTERS: Final = (
    *("abs", "capitalize", "count", "d", "default", "e", "escape", "first", "float", "int", "join", "last"),
    *("length", "list", "lower", "map", "reject", "rejectattr", "reverse", "round", "select", "selectattr"),
    *("sort", "string", "title", "tojson", "trim", "truncate", "unique", "upper"),
)
_ALLOWED: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.NSRef),
    *(nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg),
    *(nodes.List, nodes.Tuple, nodes.Keyword, nodes.Slice),
)
_GAPS: Final = re.compile(r"\n\s*\n\s*\n")
# In chat these call everybody together; a message of dbt must not.
_CALLS: Final = re.compile(r"@(?=everyone|here|channel|all)|<(?=[!@#])")


def _harmless(value: Any) -> Any:
    return _CALLS.sub(lambda found: f"{found[0]}\u200b", value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Words:
    """Title and body of a message. `problem`: why the rule's own template was not used."""

    title: str
    body: str
    problem: str | None = None


def _environment(undefined: type[Undefined]) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        undefined=undefined, finalize=_harmless, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.filters["duration"] = duration
    return made


def duration(seconds: Any) -> str:
    """Seconds as people say them: `1h 2m`, `1m 23s`, `4.5s`."""
    try:
        whole = float(seconds)
    except (TypeError, ValueError):
        return "unknown"
    if whole < 60:
        return f"{whole:.1f}".rstrip("0").rstrip(".") + "s"
    minutes, rest = divmod(round(whole), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m" if hours else f"{minutes}m {rest}s"


_STRICT: Final = _environment(StrictUndefined)


def check(title: str | None, body: str | None, events: list[EventKind], *, has_job: bool = False) -> None:
    """Refuse templates that cannot be rendered for each of these events. `has_job`: each is of a job.

    Raises:
        Invalid: names the field, and the line in it.
    """
    given = {"title_template": title, "body_template": body}
    problems = [
        FieldError(field, said)
        for field, text in given.items()
        if text is not None
        for said in _problems(field, text, events, has_job=has_job)
    ]
    if problems:
        said = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
        raise Invalid(f"The template cannot be used. {said}", details=problems)


def render(title: str | None, body: str | None, facts: Mapping[str, Any]) -> Words:
    """The message for these facts: by the rule's templates, or by ours for what is null or does not render.

    Nothing is left untold because of a template; `problem` says what was wrong with it.
    """
    problems: list[str] = []
    written = {
        "title": _rendered_or(title, TITLE, facts, "title", problems),
        "body": _rendered_or(body, BODY, facts, "body", problems),
    }
    return Words(
        title=" ".join(written["title"].split())[:LONGEST_TITLE] or str(facts.get("event")),
        body=_GAPS.sub("\n\n", written["body"]).strip()[:LONGEST_BODY],
        problem="; ".join(problems) or None,
    )


def _rendered_or(own: str | None, ours: str, facts: Mapping[str, Any], what: str, problems: list[str]) -> str:
    if own is not None:
        try:
            _check_words(own)
            return _STRICT.from_string(own).render(facts)
        except _Problem as problem:
            problems.append(f"The {what} is ours: line {problem.line} of the rule's {problem.said}.")
        except Exception as error:  # noqa: BLE001 - whatever a filter makes of a value
            problems.append(f"The {what} is ours: the rule's cannot be rendered: {error}")
    return _STRICT.from_string(ours).render(facts)


class _Problem(Exception):
    def __init__(self, line: int, said: str) -> None:
        super().__init__(said)
        self.line = line
        self.said = said


def _problems(field: str, text: str, events: list[EventKind], *, has_job: bool) -> Iterator[str]:
    if len(text) > LONGEST[field] or "\0" in text:
        yield f"must be at most {LONGEST[field]} characters, and no NUL among them"
        return
    try:
        _check_words(text)
    except _Problem as problem:
        yield f"line {problem.line}: {problem.said}"
        return
    for event in events:
        said = _why_not_rendered(text, event, has_job=has_job)
        if said is not None:
            yield said
            return


def _why_not_rendered(text: str, event: EventKind, *, has_job: bool) -> str | None:
    """Why a template cannot speak of an event: of one that has everything, or of one that has the least."""
    examples = {f"{event}": example_of(event), f"a bare {event}": least_of(event, has_job=has_job)}
    for which, facts in examples.items():
        try:
            _STRICT.from_string(text).render(facts)
        except Exception as error:  # noqa: BLE001 - whatever a filter makes of a value
            return f"line {_line_of(error)}: for {which}, {error}"
    return None


def _line_of(error: Exception) -> int:
    """The line of the template in which rendering stopped."""
    trace, line = error.__traceback__, 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _check_words(text: str) -> None:
    try:
        tree = _STRICT.parse(text)
    except TemplateSyntaxError as error:
        raise _Problem(error.lineno, str(error.message or "cannot be read")) from None
    except (TemplateError, RecursionError) as error:
        raise _Problem(1, f"cannot be read: {error}") from None
    _check_node(tree, loops=0)
    for name in tree.find_all(nodes.Name):
        _check_name(tree, name)


def _check_node(node: nodes.Node, loops: int) -> None:
    if not isinstance(node, _ALLOWED):
        raise _Problem(node.lineno, f"{_word(node)} is not allowed here")
    if isinstance(node, nodes.For):
        loops += 1
        if node.recursive or loops > MOST_LOOPS:
            raise _Problem(node.lineno, f"loops can be {MOST_LOOPS} deep, and not recursive")
    if isinstance(node, nodes.Filter) and node.name not in {*FILTERS, "duration"}:
        raise _Problem(node.lineno, f"there is no filter {node.name!r} here{_near(node.name, FILTERS)}")
    for child in node.iter_child_nodes():
        _check_node(child, loops)


def _check_name(tree: nodes.Template, name: nodes.Name) -> None:
    own = {found.name for found in tree.find_all(nodes.Name) if found.ctx == "store"}
    if name.ctx == "load" and name.name not in {*NAMES, *own, "loop"}:
        raise _Problem(name.lineno, f"there is no {name.name!r}{_near(name.name, NAMES)}")


def _word(node: nodes.Node) -> str:
    words = {"Call": "a call", "Assign": "{% set %}", "Mul": "'*'", "Pow": "'**'", "Macro": "{% macro %}"}
    name = type(node).__name__
    return words.get(name, f"{name.lower()}")


def _near(name: str, known: tuple[str, ...]) -> str:
    found = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {found[0]}?" if found else f"; there are {', '.join(sorted(known))}"
