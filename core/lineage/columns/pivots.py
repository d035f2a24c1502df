"""PIVOT and UNPIVOT: rows become columns, and columns rows."""

from typing import Any

from sqlglot import exp

from core.lineage.columns.expressions import flow_of, influence_of
from core.lineage.columns.flows import AGGREGATED, NOTHING, TRANSFORMED, Flow, Gathering, Influences, problem
from core.lineage.columns.frames import Column, Frame, Rest, unlisted
from core.lineage.columns.queries import Queries
from core.lineage.columns.scopes import Scope, Source, resolve
from core.lineage.columns.values import Influence


def pivoted(queries: Queries, pivot: exp.Expr, source: Source, scope: Scope) -> Frame:
    """The columns of a source after one PIVOT or UNPIVOT behind it."""
    inner = Scope(scope.folding, scope.parent, scope.ctes, sources=[source])
    if pivot.args.get("unpivot"):
        return _unpivoted(pivot, source, inner)
    return _pivoted(queries, pivot, source, inner)


def _without(frame: Frame, names: set[str]) -> list[Column]:
    return [
        unlisted(column.rest.without(names)) if column.rest is not None else column
        for column in frame.columns
        if column.name.lower() not in names
    ]


def _column_names(*nodes: Any) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, exp.Expr):
            found.update(column.name.lower() for column in node.find_all(exp.Column))
    return found


def _pivoted(queries: Queries, pivot: exp.Expr, source: Source, scope: Scope) -> Frame:
    aggregates = [item for item in pivot.expressions if isinstance(item, exp.Expr)]
    fields = [item for item in pivot.args.get("fields") or [] if isinstance(item, exp.Expr)]
    deciding = [item.this if isinstance(item, exp.In) else item for item in fields]
    kept = _grouped(queries, pivot, scope)
    if kept is None:
        kept = _without(source.frame, _column_names(*aggregates, *deciding))
    flows = [_cell(queries, aggregate, deciding, scope) for aggregate in aggregates]
    names = [scope.folding.name(item) for item in pivot.args.get("columns") or []]
    if not names or not flows or _dynamic(fields):
        made = [_any_cell(flows)]
    else:
        made = [Column(name, flows[place % len(flows)]) for place, name in enumerate(names)]
    return _by_group(pivot, kept, [*kept, *made], source)


def _by_group(pivot: exp.Expr, kept: list[Column], columns: list[Column], source: Source) -> Frame:
    """The columns that PIVOT keeps are those that it groups by."""
    gathering = Gathering(pivot)
    for column in kept:
        gathering.influence(Flow(column.flow.values), Influence.GROUP)
    return Frame(columns, {**source.frame.rows, **gathering.done().influences}, source.frame.problems)


def _rows_left(pivot: exp.Expr, made: list[Column], source: Source) -> Influences:
    """UNPIVOT gives no row for a value that is null, unless it is told to."""
    if pivot.args.get("include_nulls"):
        return source.frame.rows
    gathering = Gathering(pivot)
    for column in made:
        gathering.influence(Flow(column.flow.values), Influence.FILTER)
    return {**source.frame.rows, **gathering.done().influences}


def _dynamic(fields: list[exp.Expr]) -> bool:
    """Whether the values that become columns are read from data."""
    return any(isinstance(field, exp.In) and not field.expressions for field in fields) or any(
        isinstance(value, exp.PivotAny | exp.Subquery | exp.Query)
        for field in fields
        for value in field.expressions
    )


def _cell(queries: Queries, aggregate: exp.Expr, deciding: list[exp.Expr], scope: Scope) -> Flow:
    gathering = Gathering(aggregate)
    gathering.value(flow_of(queries, aggregate, scope), AGGREGATED)
    for field in deciding:
        gathering.value(influence_of(queries, field, scope, Influence.FILTER), TRANSFORMED)
    return gathering.done()


def _any_cell(flows: list[Flow]) -> Column:
    gathering = Gathering(None)
    for flow in flows:
        gathering.value(flow, AGGREGATED)
    reason = "the columns that PIVOT makes depend on data"
    together = gathering.done() if flows else problem(reason)
    return unlisted(Rest(lambda _name: together, reason))


def _unpivoted(pivot: exp.Expr, source: Source, scope: Scope) -> Frame:
    values = [name for item in pivot.expressions for name in _names(item, scope)]
    fields = [item for item in pivot.args.get("fields") or [] if isinstance(item, exp.In)]
    rows = [_row(item) for field in fields for item in field.expressions]
    consumed = {column.name.lower() for row in rows for column in row}
    made = [Column(name, _gathered(rows, place, scope, pivot)) for place, name in enumerate(values)]
    labels = [Column(scope.folding.name(_identifier(field.this)), NOTHING) for field in fields]
    columns = [*made, *labels] if _values_first(pivot, scope) else [*labels, *made]
    left = _without(source.frame, consumed)
    rows = _rows_left(pivot, made, source)
    return Frame([*left, *columns], rows, source.frame.problems)


def _values_first(pivot: exp.Expr, scope: Scope) -> bool:
    return bool(pivot.args.get("value_columns_first")) or scope.folding.unpivot_values_first


def _names(item: Any, scope: Scope) -> list[str]:
    parts = item.expressions if isinstance(item, exp.Tuple) else [item]
    return [scope.folding.name(_identifier(part)) for part in parts]


def _identifier(item: Any) -> Any:
    return item.this if isinstance(item, exp.Column) else item


def _row(item: exp.Expr) -> list[exp.Column]:
    inner = item.this if isinstance(item, exp.PivotAlias | exp.Alias) else item
    parts = inner.expressions if isinstance(inner, exp.Tuple) else [inner]
    return [part for part in parts if isinstance(part, exp.Column)]


def _gathered(rows: list[list[exp.Column]], place: int, scope: Scope, pivot: exp.Expr) -> Flow:
    gathering = Gathering(pivot)
    for row in rows:
        if place < len(row):
            gathering.value(resolve(scope, row[place]), TRANSFORMED)
    return gathering.done()


def read_pivot_statement(queries: Queries, pivot: exp.Expr, source: Source, scope: Scope) -> Frame:
    """DuckDB's PIVOT and UNPIVOT as queries of their own."""
    inner = Scope(scope.folding, scope.parent, scope.ctes, sources=[source])
    if pivot.args.get("unpivot"):
        return _unpivot_statement(queries, pivot, source, inner)
    on = [item for item in pivot.expressions if isinstance(item, exp.Expr)]
    aggregates = [item for item in pivot.args.get("using") or [] if isinstance(item, exp.Expr)]
    deciding = [item.this if isinstance(item, exp.In) else item for item in on]
    flows = [_cell(queries, aggregate, deciding, inner) for aggregate in aggregates]
    kept = _grouped(queries, pivot, inner)
    if kept is None:
        kept = _without(source.frame, _column_names(*deciding, *aggregates))
    cells = _listed_cells(on, aggregates, flows) or [_any_cell(flows)]
    return _by_group(pivot, kept, [*kept, *cells], source)


def _grouped(queries: Queries, pivot: exp.Expr, scope: Scope) -> list[Column] | None:
    """What GROUP BY inside of a PIVOT keeps; None without one."""
    group = pivot.args.get("group")
    if not isinstance(group, exp.Expr):
        return None
    return [Column(item.name, flow_of(queries, item, scope), None, item) for item in group.expressions]


def _listed_cells(on: list[exp.Expr], aggregates: list[exp.Expr], flows: list[Flow]) -> list[Column]:
    """The columns of DuckDB's PIVOT where IN lists the values of one column; nothing elsewhere."""
    listed = on[0].expressions if len(on) == 1 and isinstance(on[0], exp.In) else []
    if not listed or not flows or not all(isinstance(value, exp.Literal) for value in listed):
        return []
    bare = len(aggregates) == 1 and not aggregates[0].alias
    return [
        Column(value.name if bare else f"{value.name}_{_called(aggregate)}", flow)
        for value in listed
        for aggregate, flow in zip(aggregates, flows, strict=True)
    ]


def _called(aggregate: exp.Expr) -> str:
    return aggregate.alias or aggregate.sql("duckdb", normalize_functions="lower")


def _spread(queries: Queries, item: exp.Expr, scope: Scope) -> list[list[exp.Column]]:
    """The columns that an item gathers, row by row: `COLUMNS(...)` and stars are several."""
    if not isinstance(item, exp.Columns | exp.Star):
        return [_row(item)]
    from core.lineage.columns.stars import columns_expression, star_columns  # noqa: PLC0415 - they read each other

    found = (star_columns if isinstance(item, exp.Star) else columns_expression)(queries, scope, item)
    if any(column.rest is not None or column.flow.problems for column in found):
        return [[]]
    return [[exp.column(exp.to_identifier(column.name, quoted=True))] for column in found]


def _unpivot_statement(queries: Queries, pivot: exp.Expr, source: Source, scope: Scope) -> Frame:
    rows = [row for item in pivot.expressions for row in _spread(queries, item, scope)]
    consumed = {column.name.lower() for row in rows for column in row}
    into = pivot.args.get("into")
    label, values = "name", ["value"]
    if isinstance(into, exp.Expr):
        label = into.this.name
        values = [name for item in into.expressions for name in _names(item, scope)]
    if not rows or any(not row for row in rows):
        return Frame([_any_cell([])], source.frame.rows, source.frame.problems)
    made = [Column(name, _gathered(rows, place, scope, pivot)) for place, name in enumerate(values)]
    kept = _without(source.frame, consumed)
    rows_left = _rows_left(pivot, made, source)
    return Frame([*kept, Column(label, NOTHING), *made], rows_left, source.frame.problems)
