"""Stars of a select list, with what they leave out, replace and rename, and DuckDB's COLUMNS."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from core.lineage.columns.expressions import flow_of
from core.lineage.columns.flows import Flow, Use, merged, problem
from core.lineage.columns.frames import Column, unlisted
from core.lineage.columns.nametests import NameTest, name_test
from core.lineage.columns.queries import Queries
from core.lineage.columns.scopes import Scope, Source, resolve


@dataclass
class Wishes:
    """What a star leaves out (of one source or of all), gives another value, or another name."""

    excluded: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    replaced: dict[str, exp.Expr] = field(default_factory=dict[str, exp.Expr])
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    pattern: re.Pattern[str] | None = None

    def leaves_out(self, source: str, name: str) -> bool:
        """Whether the column of that source does not come with the star."""
        if self.pattern is not None and not self.pattern.fullmatch(name):
            return True
        lowered = name.lower()
        return ("", lowered) in self.excluded or (source.lower(), lowered) in self.excluded


def wishes_of(star: exp.Expr, scope: Scope) -> Wishes:
    """What is written behind a star."""
    wishes = Wishes()
    for item in _items(star.args.get("except_")):
        table = item.text("table").lower() if isinstance(item, exp.Column) else ""
        wishes.excluded.add((table, item.name.lower()))
    for item in _items(star.args.get("replace")):
        wishes.replaced[item.alias_or_name.lower()] = item
    for item in _items(star.args.get("rename")):
        wishes.renamed[item.this.name.lower()] = scope.folding.name(item.args.get("alias"))
    ilike = star.args.get("ilike")
    if isinstance(ilike, exp.Expr):
        written = re.escape(ilike.name).replace("%", ".*").replace("_", ".")
        wishes.pattern = re.compile(written, re.IGNORECASE)
    return wishes


def _items(value: Any) -> list[exp.Expr]:
    if isinstance(value, exp.Tuple | exp.Paren):
        value = value.expressions or [value.this]
    return [item for item in value or [] if isinstance(item, exp.Expr)]


def star_columns(queries: Queries, scope: Scope, written: exp.Expr) -> list[Column]:
    """The columns of `*` or `t.*`; what is not known by name stays one open column."""
    star = written.this if isinstance(written, exp.Column) else written
    wishes = wishes_of(star, scope)
    if isinstance(written, exp.Column):
        sources = _qualified_sources(scope, written)
        if sources is None:
            return _star_of_struct(scope, written)
        columns = [pair for source in sources for pair in _of_source(source)]
    else:
        columns = list(_of_all(scope))
    wanted = [column for source, column in columns if not wishes.leaves_out(source, column.name)]
    return _as_wished(queries, scope, wishes, wanted, written)


def _star_of_struct(scope: Scope, written: exp.Column) -> list[Column]:
    """`s.*` of a column that is a struct: its fields, where they are known."""
    parts = [part.copy() for part in written.parts[:-1]]
    names = dict(zip(("this", "table", "db", "catalog"), reversed(parts), strict=False))
    flow = resolve(scope, exp.Column(**names))
    name = ".".join(part.name for part in parts)
    if flow.fields is None:
        reason = flow.problems[0] if flow.problems else f"{name}.*: the fields of a struct are not listed"
        return [Column(f"{name}.*", problem(reason), None, written)]
    wishes = wishes_of(written.this, scope)
    return [
        Column(field, inner, None, written)
        for field, inner in flow.fields.items()
        if not wishes.leaves_out("", field)
    ]


def _qualified_sources(scope: Scope, written: exp.Column) -> list[Source] | None:
    qualifier = [scope.folding.name(part) for part in written.parts[:-1]]
    place: Scope | None = scope
    while place is not None:
        for source in place.sources:
            if source.answers_to(qualifier):
                return [source]
        place = place.parent
    return None


def _of_source(source: Source) -> Iterable[tuple[str, Column]]:
    return ((source.alias, column) for column in source.frame.columns)


def _of_all(scope: Scope) -> Iterable[tuple[str, Column]]:
    """All columns in order; those that USING made one come once."""
    waiting = dict(scope.merged)
    visible = [source for source in scope.sources if not source.hidden]
    if not scope.folding.using_in_place:
        for name, flow in scope.merged.items():
            yield "", Column(_spelling(visible, name), flow)
        waiting.clear()
    for source in visible:
        for column in source.frame.columns:
            lowered = column.name.lower()
            if column.rest is not None:
                yield source.alias, unlisted(column.rest.without(scope.merged))
            elif lowered not in scope.merged:
                yield source.alias, column
            elif (flow := waiting.pop(lowered, None)) is not None:
                yield source.alias, Column(column.name, flow)


def _spelling(sources: Sequence[Source], name: str) -> str:
    found = (column.name for source in sources for column in source.frame.named(name))
    return next(found, name)


def _as_wished(
    queries: Queries, scope: Scope, wishes: Wishes, columns: Sequence[Column], written: exp.Expr
) -> list[Column]:
    result: list[Column] = []
    replaced = dict(wishes.replaced)
    for column in columns:
        if column.rest is not None:
            result += _rest_as_wished(scope, wishes, column, written)
            continue
        lowered = column.name.lower()
        name = wishes.renamed.get(lowered, column.name)
        other = replaced.pop(lowered, None)
        if other is not None:
            result.append(Column(name, flow_of(queries, other, scope), None, other))
        else:
            result.append(Column(name, column.flow, None, written))
    return result + _replaced_unlisted(queries, scope, replaced, result)


def _rest_as_wished(scope: Scope, wishes: Wishes, column: Column, written: exp.Expr) -> list[Column]:
    rest = column.rest
    if rest is None:
        return []
    named = [
        Column(name, rest.read(old), None, written)
        for old, name in wishes.renamed.items()
        if not any(source.frame.named(old) for source in scope.sources)
    ]
    excluded = [name for _, name in wishes.excluded]
    return [*named, unlisted(rest.without([*excluded, *wishes.replaced, *wishes.renamed]))]


def _replaced_unlisted(
    queries: Queries, scope: Scope, replaced: Mapping[str, exp.Expr], listed: Sequence[Column]
) -> list[Column]:
    """A column that is replaced must be there: where it is not listed, it is one of the open ones."""
    if not any(column.rest is not None for column in listed):
        return []
    return [
        Column(scope.folding.name(item.args.get("alias")), flow_of(queries, item, scope), None, item)
        for item in replaced.values()
    ]


def columns_expression(queries: Queries, scope: Scope, projection: exp.Expr) -> list[Column]:
    """DuckDB's `COLUMNS(...)` inside an expression: the expression once for every column it means."""
    found = projection.find(exp.Columns)
    matching = None if found is None else _matching(queries, scope, found)
    if matching is None:
        return [Column(projection.alias_or_name or "columns", problem("COLUMNS: its condition is not read"))]
    if found is not None and found.args.get("unpack"):
        return [_unpacked(queries, scope, projection, matching)]
    result: list[Column] = []
    for column in matching:
        if column.rest is not None:
            result.append(column)
            continue
        flow = _with_column(queries, scope, projection, column)
        result.append(Column(projection.alias or column.name, flow, None, projection))
    return result


def _unpacked(queries: Queries, scope: Scope, projection: exp.Expr, columns: Sequence[Column]) -> Column:
    """`f(*COLUMNS(...))`: one call with all the columns as its arguments."""
    flows = [
        problem(column.rest.reason)
        if column.rest is not None
        else _with_column(queries, scope, projection, column)
        for column in columns
    ]
    return Column(
        projection.alias or "columns", merged(*flows) if flows else problem("COLUMNS: none"), None, projection
    )


def _matching(queries: Queries, scope: Scope, found: exp.Expr) -> list[Column] | None:
    argument = found.this
    test = _test_of(argument)
    if test is not None:
        every = star_columns(queries, scope, exp.Star())
        return [column for column in every if column.rest is not None or test(column.name)]
    if isinstance(argument, exp.Literal):
        try:
            pattern = re.compile(argument.name)
        except re.error:
            return None
        every = star_columns(queries, scope, exp.Star())
        return [column for column in every if column.rest is not None or pattern.search(column.name)]
    if isinstance(argument, exp.Star) or (
        isinstance(argument, exp.Column) and isinstance(argument.this, exp.Star)
    ):
        return star_columns(queries, scope, argument)
    return None


def _test_of(argument: object) -> NameTest | None:
    """Which names a list or a lambda means."""
    if isinstance(argument, exp.Array):
        texts = [item.name.lower() for item in argument.expressions if isinstance(item, exp.Literal)]
        return (lambda name: name.lower() in texts) if len(texts) == len(argument.expressions) else None
    if isinstance(argument, exp.Lambda) and len(argument.expressions) == 1:
        return name_test(argument.this, argument.expressions[0].name)
    return None


def tested_star(queries: Queries, scope: Scope, item: exp.Expr) -> list[Column] | None:
    """The columns of `* LIKE 'x%'` and the like; None for what is no such thing."""
    condition = item.this if isinstance(item, exp.Not) else item
    star = condition.this
    if not isinstance(star, exp.Star):
        return None
    test = name_test(item, None)
    if test is None:
        return None
    every = star_columns(queries, scope, star)
    return [column for column in every if column.rest is not None or test(column.name)]


def _with_column(queries: Queries, scope: Scope, projection: exp.Expr, column: Column) -> Flow:
    """Read the expression in a scope where a name that nobody can write means the column."""
    name = "\x00columns"
    copied = projection.copy()
    for place in list(copied.find_all(exp.Columns)):
        stand_in = exp.column(exp.to_identifier(name, quoted=True))
        if place is copied:
            return column.flow
        place.replace(stand_in)
    inner = Scope(scope.folding, scope, sources=[], merged={name: column.flow}, windows=scope.windows)
    flow = flow_of(queries, copied, inner)
    values = {source: _standing_in(use, projection, column.flow) for source, use in flow.values.items()}
    influences = {key: _standing_in(use, projection, column.flow) for key, use in flow.influences.items()}
    return Flow(values, influences, flow.problems)


def _standing_in(use: Use, projection: exp.Expr, inner: Flow) -> Use:
    """A copy of the expression has no place in the SQL: the expression stands for it."""
    if use.evidence is None or any(use is known for known in inner.values.values()):
        return use
    return Use(use.level, use.confidence, projection)
