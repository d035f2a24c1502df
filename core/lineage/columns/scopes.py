"""What a name means at one place of a query."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from core.lineage.columns.flows import (
    NOTHING,
    SAME,
    TRANSFORMED,
    Flow,
    Gathering,
    Influences,
    Use,
    merged,
    part,
    problem,
)
from core.lineage.columns.frames import Column, Frame
from core.lineage.columns.names import Folding, suffix_match
from core.lineage.columns.values import LIKELY
from core.lineage.columns.words import NO_COLUMNS


@dataclass(slots=True)
class Source:
    """Something that FROM names: by alias, and by its dotted name where it has no alias.

    `fallback` reads fields of the elements of an array, which may be named like columns.
    """

    alias: str
    frame: Frame
    name: tuple[str, ...] = ()
    hidden: bool = False
    fallback: Callable[[str], Flow] | None = None

    def answers_to(self, qualifier: Sequence[str]) -> bool:
        """Whether `qualifier.column` may mean a column of this."""
        if len(qualifier) == 1:
            return bool(self.alias) and self.alias.lower() == qualifier[0].lower()
        return len(self.name) >= len(qualifier) and suffix_match(qualifier, self.name)


@dataclass(slots=True)
class Scope:
    """One SELECT: its sources, the columns that USING merged, its aliases, and the query around it."""

    folding: Folding
    parent: "Scope | None" = None
    ctes: Mapping[str, Callable[[], Frame]] = field(default_factory=dict[str, Callable[[], Frame]])
    sources: list[Source] = field(default_factory=list[Source])
    merged: dict[str, Flow] = field(default_factory=dict[str, Flow])
    alias: Callable[[str], Flow | None] | None = None
    aliases_first: bool = False
    aliases_after: bool = False
    windows: dict[str, exp.Expr] = field(default_factory=dict[str, exp.Expr])
    rows: Influences = field(default_factory=Influences)
    problems: dict[str, None] = field(default_factory=dict[str, None])

    def at(self, *, aliases_first: bool = False, aliases_after: bool = True) -> "Scope":
        """The same scope as one of its clauses sees it."""
        return Scope(
            self.folding,
            self.parent,
            self.ctes,
            self.sources,
            self.merged,
            self.alias,
            aliases_first,
            aliases_after,
            self.windows,
            self.rows,
            self.problems,
        )

    def add_rows(self, frame: Frame) -> None:
        """What decides on the rows of a source decides on the rows of this."""
        for key, use in frame.rows.items():
            self.rows.setdefault(key, use)
        self.problems.update(frame.problems)

    def influence(self, flow: Flow) -> None:
        """Take in a flow that decides on rows: all it has are influences by now."""
        for key, use in flow.influences.items():
            self.rows.setdefault(key, use)
        self.problems.update(dict.fromkeys(flow.problems))


def resolve(scope: Scope, column: exp.Column) -> Flow:
    """The flow of a column as it is written; with a problem where it cannot be told.

    `a.b.c` may be a column of a schema's table, or a field of a struct: the longest name of a source wins.
    """
    args = column.args
    parts = column.parts if args.get("db") else [item for item in (args.get("table"), args["this"]) if item]
    names = [scope.folding.name(item) for item in parts]
    place: Scope | None = scope
    while place is not None:
        for length in range(len(names) - 1, -1, -1):
            found = _qualified(place, names, length) if length else _unqualified(place, names[0])
            if found is not None:
                return _fields(found, names[length + 1 :])
        place = place.parent
    return _not_found(scope, names)


def _fields(flow: Flow, names: Sequence[str]) -> Flow:
    for name in names:
        flow = part(flow, name)
    return flow


def _not_found(scope: Scope, names: Sequence[str]) -> Flow:
    written = ".".join(names)
    if len(names) == 1 and names[0].lower() in NO_COLUMNS:
        return NOTHING
    if len(names) == 1 and (alias := _alias(scope, names[0])) is not None:
        return alias
    fallbacks = [source.fallback for source in scope.sources if source.fallback is not None]
    if len(names) == 1 and len(fallbacks) == 1 and scope.folding.name_of_dialect == "bigquery":
        return fallbacks[0](names[0])
    if len(names) > 1 and not any(source.answers_to(names[:-1]) for source in scope.sources):
        return problem(f"{written}: nothing in FROM is called {'.'.join(names[:-1])}")
    return problem(f"{written}: no such column in what FROM reads")


def _qualified(scope: Scope, names: Sequence[str], length: int) -> Flow | None:
    found = [source for source in scope.sources if source.answers_to(names[:length])]
    if len(found) > 1:
        found.sort(key=lambda source: source.alias != names[length - 1])
    return in_source(found[0], names[length]) if found else None


def in_source(source: Source, name: str) -> Flow | None:
    """The column of that name in one source, listed or taken to be in what is not listed."""
    listed = source.frame.named(name)
    if listed:
        return _one(listed, name)
    open_parts = source.frame.from_rest(name)
    if len(open_parts) == 1:
        return open_parts[0].read(name)
    if open_parts:
        return problem(f"{name}: more than one relation behind {source.alias or 'the star'} may have it")
    return None


def _one(listed: Sequence[Any], name: str) -> Flow:
    first: Flow = listed[0].flow
    if all(column.flow is first for column in listed):
        return first
    return problem(f"{name}: ambiguous, {len(listed)} columns have this name")


def _unqualified(scope: Scope, name: str) -> Flow | None:
    if scope.aliases_first and (alias := _alias(scope, name)) is not None:
        return alias
    together = scope.merged.get(name.lower())
    if together is not None:
        return together
    visible = [source for source in scope.sources if not source.hidden]
    listed = [source for source in visible if source.frame.named(name)]
    if len(listed) > 1:
        places = ", ".join(source.alias or "?" for source in listed)
        return problem(f"{name}: ambiguous, it is in {places}")
    if listed:
        return in_source(listed[0], name)
    return _not_listed(scope, visible, name)


def _not_listed(scope: Scope, visible: Sequence[Source], name: str) -> Flow | None:
    """No source lists the name: one that is open may have it, or it is an alias, or a whole source."""
    unlisted = [source for source in visible if source.frame.from_rest(name)]
    alias = _alias(scope, name) if scope.aliases_after or scope.folding.lateral_aliases else None
    if alias is not None:
        return _less_certain(alias) if unlisted else alias
    whole = next((source for source in visible if source.alias.lower() == name.lower()), None)
    if whole is not None:
        return _whole(whole)
    if len(unlisted) == 1 and name.lower() not in NO_COLUMNS:
        return in_source(unlisted[0], name)
    if len(unlisted) > 1 and name.lower() not in NO_COLUMNS:
        places = ", ".join(source.alias or "?" for source in unlisted)
        return problem(f"{name}: ambiguous, the columns of {places} are not all known")
    return None


def _alias(scope: Scope, name: str) -> Flow | None:
    return scope.alias(name) if scope.alias is not None else None


def _less_certain(flow: Flow) -> Flow:
    values = {
        source: Use(use.level, min(use.confidence, LIKELY), use.evidence)
        for source, use in flow.values.items()
    }
    return Flow(values, flow.influences, flow.problems, flow.fields)


def _whole(source: Source) -> Flow:
    """A source used as a value: a row of all its columns."""
    columns = source.frame.columns
    if len(columns) == 1 and columns[0].rest is None:
        return columns[0].flow
    return row_of(columns, source.alias)


def star_row(scope: Scope, qualifier: Sequence[str]) -> Flow:
    """All columns as one value: `*` or `t.*` as an argument."""
    found = [
        source
        for source in scope.sources
        if not source.hidden and (not qualifier or source.answers_to(qualifier))
    ]
    if not found:
        return problem(f"{'.'.join([*qualifier, '*'])}: nothing in FROM is called so")
    return row_of([column for source in found for column in source.frame.columns], "*")


def row_of(columns: Sequence[Column], name: str) -> Flow:
    """Columns made one value, whose fields they are; without fields where not all of them are known."""
    gathering = Gathering(None)
    for column in columns:
        if column.rest is not None:
            gathering.value(problem(f"{name}: {column.rest.reason}"), SAME)
        else:
            gathering.value(column.flow, TRANSFORMED)
    flow = gathering.done()
    known = {column.name: column.flow for column in columns}
    listed = all(column.rest is None for column in columns)
    return Flow(flow.values, flow.influences, flow.problems, known if listed else None)


def merge_using(scope: Scope, name: str, left: Flow, right: Flow) -> None:
    """Make the columns of both sides of USING one."""
    scope.merged[name.lower()] = merged(left, right)
