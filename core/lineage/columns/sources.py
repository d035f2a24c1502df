"""What FROM and its joins bring: tables, subqueries, functions that give rows, and how they are joined."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol

from sqlglot import exp

from core.lineage.columns.expressions import flow_of, influence_of
from core.lineage.columns.flows import SAME, TRANSFORMED, Flow, Gathering, part, problem
from core.lineage.columns.frames import Column, Frame, Rest, renamed, unlisted
from core.lineage.columns.pivots import pivoted
from core.lineage.columns.queries import Queries
from core.lineage.columns.scopes import Scope, Source, in_source, merge_using
from core.lineage.columns.values import Influence
from core.lineage.columns.words import GENERATORS

_FLATTENED: Final = ("SEQ", "KEY", "PATH", "INDEX", "VALUE", "THIS")


class Tables(Queries, Protocol):
    """What sources need beyond queries: tables by name."""

    def relation(self, name: tuple[str, ...]) -> Frame:
        """The columns of a table, of which some or all may not be known."""
        ...

    def called(self, call: str) -> Frame | None:
        """The columns of a relation whose name is a call of a function; None where there is none."""
        ...


def add_sources(tables: Tables, select: exp.Expr, scope: Scope) -> None:
    """Put everything that FROM names into the scope, in the order in which it is written."""
    start = select.args.get("from_")
    if isinstance(start, exp.Expr):
        add_source(tables, start.this, scope)
    _add_joined(tables, select, scope)
    if isinstance(select.args.get("match"), exp.Expr):
        for source in scope.sources:
            source.frame = _not_read(source.frame)


def _add_joined(tables: Tables, holder: exp.Expr, scope: Scope) -> None:
    for lateral in holder.args.get("laterals") or []:
        add_source(tables, lateral, scope)
    for join in holder.args.get("joins") or []:
        _add_join(tables, join, scope)


def add_source(tables: Tables, item: exp.Expr, scope: Scope) -> None:
    """Put one item of FROM into the scope, with what is joined to it inside parentheses."""
    if isinstance(item, exp.Final):
        item = item.this
    if _only_parentheses(item):
        add_source(tables, item.this, scope)
        return _add_joined(tables, item, scope)
    source = _source(tables, item, scope)
    scope.add_rows(source.frame)
    scope.sources.append(source)
    if isinstance(item, exp.Table | exp.Subquery):
        _add_joined(tables, item, scope)
    return None


def _only_parentheses(item: exp.Expr) -> bool:
    """Whether it is a join in parentheses, whose tables keep their names outside."""
    return (
        isinstance(item, exp.Subquery)
        and isinstance(item.this, exp.Table | exp.Subquery)
        and not item.alias
        and not item.args.get("pivots")
        and not isinstance(item.this.unnest(), exp.Query)
    )


def _source(tables: Tables, item: exp.Expr, scope: Scope) -> Source:
    alias, names = _alias_of(item, scope)
    name: tuple[str, ...] = ()
    if isinstance(item, exp.Table) and not isinstance(item.this, exp.Func):
        name = tuple(scope.folding.name(part) for part in item.parts)
        frame = _table(tables, name, scope)
        alias = alias or (name[-1] if name else "")
    elif isinstance(item, exp.Subquery):
        frame = _subquery(tables, item, scope)
    elif isinstance(item, exp.Values):
        frame = read_values(tables, item, scope)
    elif isinstance(item, exp.Pivot):
        frame = tables.query(item, scope)
    elif isinstance(item, exp.Lateral) and isinstance(item.this, exp.Subquery | exp.Query):
        frame = tables.query(item.this, scope)
    elif (external := _external(tables, item, scope)) is not None:
        frame = external
    else:
        return _rows_of_function(tables, item, scope, alias, names)
    frame = renamed(frame, names) if names else frame
    return _after_pivots(tables, item, scope, Source(alias, frame, name))


def _external(tables: Tables, item: exp.Expr, scope: Scope) -> Frame | None:
    """A call such as `read_csv('x.csv')` that is, word for word, what a source is called in the project."""
    if scope.folding.name_of_dialect != "duckdb" or not isinstance(item, exp.Table):
        return None
    return tables.called(item.this.sql("duckdb"))


def _not_read(frame: Frame) -> Frame:
    reason = "MATCH_RECOGNIZE is not supported"
    return Frame([unlisted(Rest(lambda name: problem(f"{name}: {reason}"), reason))], frame.rows)


def _alias_of(item: exp.Expr, scope: Scope) -> tuple[str, list[str]]:
    alias = item.args.get("alias")
    if isinstance(alias, exp.TableAlias):
        columns = [part.this if isinstance(part, exp.ColumnDef) else part for part in alias.columns]
        name = scope.folding.name(alias.this) if isinstance(alias.this, exp.Expr) else ""
        return name, [scope.folding.name(part) for part in columns]
    return (scope.folding.name(alias) if isinstance(alias, exp.Expr) else ""), []


def _table(tables: Tables, name: tuple[str, ...], scope: Scope) -> Frame:
    if len(name) == 1 and (common := scope.ctes.get(name[0].lower())) is not None:
        return common()
    return tables.relation(name)


def _subquery(tables: Tables, item: exp.Subquery, scope: Scope) -> Frame:
    inner = item.this
    if isinstance(inner, exp.Table):
        joined = Scope(scope.folding, scope, scope.ctes)
        add_source(tables, inner, joined)
        columns = [column for source in joined.sources for column in source.frame.columns]
        return Frame(columns, joined.rows, joined.problems)
    # Only LATERAL sees what stands left of it; sqlglot writes that as Lateral.
    if scope.folding.implicit_lateral and scope.sources:
        return tables.query(item, scope)
    return tables.query(item, Scope(scope.folding, scope.parent, scope.ctes))


def read_values(tables: Tables, values: exp.Expr, scope: Scope) -> Frame:
    """VALUES: columns named by position, until an alias names them."""
    columns: list[Gathering] = []
    for row in values.expressions:
        for place, item in enumerate(row.expressions if isinstance(row, exp.Tuple) else [row]):
            if place == len(columns):
                columns.append(Gathering(item))
            columns[place].value(flow_of(tables, item, scope), SAME)
    first, name = scope.folding.first_of_values, scope.folding.name_of_values
    return Frame([Column(name.format(place + first), part.done()) for place, part in enumerate(columns)])


def _after_pivots(tables: Tables, item: exp.Expr, scope: Scope, source: Source) -> Source:
    for pivot in item.args.get("pivots") or []:
        frame = pivoted(tables, pivot, source, scope)
        alias, names = _alias_of(pivot, scope)
        if names and not pivot.args.get("unpivot"):
            frame = renamed(frame, names) if len(names) == len(frame.columns) else frame
        source = Source(alias or source.alias, frame, () if alias else source.name)
    return source


def _rows_of_function(tables: Tables, item: exp.Expr, scope: Scope, alias: str, names: list[str]) -> Source:
    """UNNEST, FLATTEN, EXPLODE and other functions: all their columns come from their arguments."""
    if isinstance(item, exp.Unnest):
        flows = [_made(tables, argument, scope) for argument in item.expressions]
        names = names or ([alias] if alias else [])
        columns = [Column(name, flows[min(place, len(flows) - 1)]) for place, name in enumerate(names)]
        offset = item.args.get("offset")
        if isinstance(offset, exp.Expr):
            columns.append(Column(scope.folding.name(offset), _together(flows)))
        _multiply(item, flows, scope)
        fields = flows[0].fields if len(flows) == 1 else None
        if not columns and fields is not None:
            columns = [Column(name, field) for name, field in fields.items()]
        fallback = partial(part, flows[0]) if len(flows) == 1 else None
        return Source(alias, Frame(columns or [_any_column(_together(flows), "UNNEST")]), fallback=fallback)
    flow = _made(tables, item.this if isinstance(item.this, exp.Expr) else item, scope)
    _multiply(item, [flow], scope)
    if not flow.values and not flow.problems and not _generates(item.this):
        flow = problem(f"{_called(item.this)} reads what lies outside this query")
    if not names and isinstance(item, exp.TableFromRows) and isinstance(item.this, exp.Explode):
        names = list(_FLATTENED)
    if not names and isinstance(item.this, exp.ExplodingGenerateSeries | exp.GenerateSeries) and alias:
        names = [alias]
    columns = [Column(name, flow) for name in names]
    if not columns:
        # The alias may stand for the value itself, as of Postgres' functions that give one column.
        columns = [Column(alias, flow)] if alias else []
        columns.append(_any_column(flow, "a table function"))
    return Source(alias, Frame(columns))


def _multiply(item: exp.Expr, flows: list[Flow], scope: Scope) -> None:
    """How many rows there are depends on what they are made from, unless their number is written there."""
    if isinstance(item, exp.Unnest) and all(isinstance(one, exp.Array) for one in item.expressions):
        return
    gathering = Gathering(item)
    for flow in flows:
        if flow.fields is None:
            gathering.influence(Flow(flow.values), Influence.JOIN)
    scope.influence(gathering.done())


def _generates(function: Any) -> bool:
    return isinstance(
        function, exp.ExplodingGenerateSeries | exp.GenerateSeries | exp.Explode | exp.Array
    ) or (_called(function).lower() in GENERATORS)


def _called(function: Any) -> str:
    if isinstance(function, exp.Dot):
        return _called(function.expression)
    if isinstance(function, exp.Anonymous):
        return function.name
    return type(function).__name__.upper() if isinstance(function, exp.Expr) else "a function"


def _made(tables: Tables, argument: exp.Expr, scope: Scope) -> Flow:
    inner = argument.this if isinstance(argument, exp.Alias | exp.Final) else argument
    gathering = Gathering(argument)
    flow = flow_of(tables, inner, scope)
    gathering.value(flow, TRANSFORMED)
    made = gathering.done()
    if flow.fields is None:
        return made
    fields = {name: _together([field]) for name, field in flow.fields.items()}
    return Flow(made.values, made.influences, made.problems, fields)


def _together(flows: list[Flow]) -> Flow:
    gathering = Gathering(None)
    for flow in flows:
        gathering.value(flow, TRANSFORMED)
    return gathering.done()


def _any_column(flow: Flow, what: str) -> Column:
    read: Callable[[str], Flow] = lambda _name: flow  # noqa: E731 - shorter than a function of its own
    return unlisted(Rest(read, f"the columns of {what} are not known"))


def _add_join(tables: Tables, join: exp.Expr, scope: Scope) -> None:
    before = len(scope.sources)
    if str(join.args.get("kind") or "").upper() == "ARRAY":
        for item in (join.this, *join.expressions):
            _add_array_join(tables, item, scope)
        return
    add_source(tables, join.this, scope)
    added = scope.sources[before:]
    using = [scope.folding.name(item) for item in join.args.get("using") or []]
    if str(join.args.get("method") or "").upper() == "NATURAL":
        using = _natural(scope, before)
    for name in using:
        _join_using(scope, before, name, join)
    for condition in (join.args.get("on"), join.args.get("match_condition")):
        if not isinstance(condition, exp.Expr):
            continue
        scope.influence(influence_of(tables, condition, scope.at(aliases_after=False), Influence.JOIN))
    if str(join.args.get("kind") or "").upper() in {"SEMI", "ANTI"}:
        for source in added:
            source.hidden = True
    return


def _add_array_join(tables: Tables, item: Any, scope: Scope) -> None:
    """ClickHouse: rows per element of an array, which takes the alias, or its own name."""
    inner = item.this if isinstance(item, exp.Final) else item
    if isinstance(inner, exp.Alias):
        name = scope.folding.name(inner.args["alias"])
        flow = _made(tables, inner, scope)
        scope.sources.append(Source("", Frame([Column(name, flow)])))
        _multiply(item, [flow], scope)
    elif isinstance(inner, exp.Column):
        flow = scope.merged[inner.name.lower()] = _made(tables, inner, scope)
        _multiply(item, [flow], scope)


def _natural(scope: Scope, before: int) -> list[str]:
    """Names that both sides have; where one side is open, that cannot be told."""
    left, right = scope.sources[:before], scope.sources[before:]
    if any(source.frame.rest for source in scope.sources):
        scope.problems["NATURAL JOIN: the columns of both sides are not all known"] = None
        for source in right:
            source.frame = Frame([*source.frame.columns, _doubtful()])
        return []
    names = [column.name for source in left for column in source.frame.columns if not source.hidden]
    common = [name for name in names if any(source.frame.named(name) for source in right)]
    return list(dict.fromkeys(common))


def _doubtful() -> Column:
    reason = "NATURAL JOIN: the columns of both sides are not all known"
    return unlisted(Rest(lambda name: problem(f"{name}: {reason}"), reason))


def _join_using(scope: Scope, before: int, name: str, join: exp.Expr) -> None:
    left = _left_of_using(scope, before, name)
    right = next((flow for source in scope.sources[before:] if (flow := in_source(source, name))), None)
    if left is None or right is None:
        scope.problems[f"USING ({name}): no such column on one side"] = None
        return
    gathering = Gathering(join)
    gathering.influence(left, Influence.JOIN)
    gathering.influence(right, Influence.JOIN)
    scope.influence(gathering.done())
    if str(join.args.get("kind") or "").upper() in {"SEMI", "ANTI"}:
        return
    merge_using(scope, name, left, right)


def _left_of_using(scope: Scope, before: int, name: str) -> Flow | None:
    known = scope.merged.get(name.lower())
    if known is not None:
        return known
    sources = [source for source in scope.sources[:before] if not source.hidden]
    listed = [source for source in sources if source.frame.named(name)]
    candidates = listed or [source for source in sources if source.frame.from_rest(name)]
    if len(candidates) > 1:
        places = ", ".join(source.alias for source in candidates)
        return problem(f"{name}: ambiguous, it may be in {places}")
    return in_source(candidates[0], name) if candidates else None
