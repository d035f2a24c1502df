"""The flow of one expression: which columns are values in it, and which only decide on them."""

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from core.lineage.columns.flows import (
    AGGREGATED,
    SAME,
    TRANSFORMED,
    Flow,
    Gathering,
    part,
    problem,
)
from core.lineage.columns.queries import Queries
from core.lineage.columns.scopes import Scope, resolve, star_row
from core.lineage.columns.structs import KEEPING_FIELDS, scalar_flow, struct_flow, with_fields
from core.lineage.columns.values import Influence
from core.lineage.columns.words import AGGREGATING, UNITS

# Window functions that hand on a value, or count positions; others over a window aggregate.
_NO_AGGREGATES: Final = (
    exp.Lag,
    exp.Lead,
    exp.FirstValue,
    exp.LastValue,
    exp.NthValue,
    exp.RowNumber,
    exp.Rank,
    exp.DenseRank,
    exp.Ntile,
    exp.PercentRank,
    exp.CumeDist,
)
_AGGREGATES: Final = (exp.AggFunc, exp.AnonymousAggFunc, exp.ParameterizedAgg, exp.CombinedAggFunc)


Task = tuple[exp.Expr, int, Influence | None, frozenset[str]]


class Reader:
    """Reads one expression; a stack instead of recursion, since generated SQL nests deep."""

    def __init__(self, queries: Queries, scope: Scope, evidence: exp.Expr) -> None:
        self.queries = queries
        self.scope = scope
        self.gathering = Gathering(evidence)
        self.stack: list[Task] = []

    def read(self, expression: exp.Expr, level: int, kind: Influence | None) -> Flow:
        """The flow of the expression; all of it influences where `kind` is given."""
        self.stack.append((expression, level, kind, frozenset()))
        while self.stack:
            node, level_here, kind_here, bound = self.stack.pop()
            handle = _HANDLERS.get(type(node))
            if handle is not None:
                handle(self, node, level_here, kind_here, bound)
            else:
                self.children(node, level_here, kind_here, bound)
        return self.gathering.done()

    def add(self, flow: Flow, level: int, kind: Influence | None) -> None:
        """Add a flow as value or as influence, as the task says."""
        if kind is None:
            self.gathering.value(flow, level)
        else:
            self.gathering.influence(flow, kind)

    def push(self, node: object, level: int, kind: Influence | None, bound: frozenset[str]) -> None:
        """Put a node, or each of a list, on the stack."""
        for item in node if isinstance(node, list) else (node,):  # pyright: ignore[reportUnknownVariableType]
            if isinstance(item, exp.Expr):
                self.stack.append((item, level, kind, bound))

    def children(self, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]) -> None:
        """Whatever is done with the parts of a node, it is more than a copy."""
        deeper = max(level, AGGREGATED if _aggregates(node) else TRANSFORMED)
        self.stack.extend((child, deeper, kind, bound) for child in node.iter_expressions())


def _aggregates(node: exp.Expr) -> bool:
    if isinstance(node, _AGGREGATES):
        return not isinstance(node, _NO_AGGREGATES)
    return isinstance(node, exp.Anonymous) and node.name.lower() in AGGREGATING


def flow_of(queries: Queries, expression: exp.Expr, scope: Scope) -> Flow:
    """The flow of an expression of a select list, or of an argument of a table function."""
    inner = _bare(expression)
    if isinstance(inner, exp.Column) and not isinstance(inner.this, exp.Star):
        return resolve(scope, inner)
    if isinstance(inner, exp.Dot):
        return _dotted(queries, inner, scope)
    if isinstance(inner, exp.Struct):
        return struct_flow(queries, inner, scope)
    if isinstance(inner, exp.Subquery | exp.Query):
        return scalar_flow(queries, inner, scope)
    flow = Reader(queries, scope, expression).read(inner, SAME, None)
    return with_fields(queries, inner, scope, flow) if isinstance(inner, KEEPING_FIELDS) else flow


def influence_of(queries: Queries, clause: exp.Expr, scope: Scope, kind: Influence) -> Flow:
    """The flow of a clause that decides on rows, all of it influences."""
    return Reader(queries, scope, clause).read(clause, SAME, kind)


def _bare(expression: exp.Expr) -> exp.Expr:
    while isinstance(expression, exp.Alias | exp.Paren | exp.PivotAlias):
        expression = expression.this
    return expression


def _dotted(queries: Queries, dot: exp.Dot, scope: Scope) -> Flow:
    """A field of a struct, or a function of a schema, which the parser writes alike."""
    name = dot.expression
    if isinstance(name, exp.Identifier):
        return part(flow_of(queries, dot.this, scope), scope.folding.name(name))
    return Reader(queries, scope, dot).read(name, TRANSFORMED, None)


def _column(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]
) -> None:
    if not isinstance(node, exp.Column):
        return
    if isinstance(node.this, exp.Star):
        qualifier = [reader.scope.folding.name(part) for part in node.parts[:-1]]
        _star(reader, node, level, kind, qualifier)
        return
    first = node.parts[0].name.lower()
    if first in bound or (first in UNITS and isinstance(node.parent, exp.Anonymous) and not node.table):
        return
    reader.add(resolve(reader.scope, node), level, kind)


def _star(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str] | list[str]
) -> None:
    """A star as an argument means all columns, except where rows are counted."""
    if not isinstance(node.parent, exp.Count):
        qualifier = bound if isinstance(bound, list) else []
        reader.add(star_row(reader.scope, qualifier), max(level, TRANSFORMED), kind)


def _parameter(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, _bound: frozenset[str]
) -> None:
    """`$1` is a column of a file by its place; other parameters are values from outside."""
    if isinstance(node.this, exp.Literal) and node.this.is_int:
        reader.add(problem(f"${node.this.name}: columns by their place are not supported"), level, kind)


def _same(reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]) -> None:
    reader.push(node.this, level, kind, bound)


def _dot(reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]) -> None:
    innermost = node
    while isinstance(innermost, exp.Dot | exp.Paren):
        innermost = innermost.this
    if bound and innermost.name.lower() in bound:
        return
    if isinstance(node, exp.Dot):
        reader.add(_dotted(reader.queries, node, reader.scope), max(level, TRANSFORMED), kind)


def _put_together(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]
) -> None:
    for item in node.expressions:
        value = item.expression if isinstance(item, exp.PropertyEQ) else item
        reader.push(value, max(level, TRANSFORMED), kind, bound)


def _window(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]
) -> None:
    reader.push(node.this, max(level, TRANSFORMED), kind, bound)
    definition: exp.Expr | None = node
    while definition is not None:
        for key in ("partition_by", "order"):
            reader.push(definition.args.get(key), SAME, Influence.WINDOW, bound)
        name = definition.args.get("alias")
        definition = reader.scope.windows.get(name.name.lower()) if isinstance(name, exp.Expr) else None


def _filter(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]
) -> None:
    reader.push(node.this, max(level, AGGREGATED), kind, bound)
    reader.push(node.args.get("expression"), SAME, kind or Influence.FILTER, bound)


def _within_group(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]
) -> None:
    """`listagg(a) WITHIN GROUP (ORDER BY b)` is ordered by b; a percentile is one of what is ordered."""
    reader.push(node.this, max(level, AGGREGATED), kind, bound)
    ordered = node.args.get("expression")
    if node.this.find(exp.Column) is not None:
        reader.push(ordered, SAME, kind or Influence.ORDER, bound)
    elif isinstance(ordered, exp.Expr):
        reader.push(ordered.expressions, max(level, AGGREGATED), kind, bound)


def _order(reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]) -> None:
    """ORDER BY: within an aggregate it follows the value, as `this`; elsewhere it stands alone."""
    reader.push(node.this, level, kind, bound)
    reader.push(node.expressions, SAME, kind or Influence.ORDER, bound)


def _having_max(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]
) -> None:
    reader.push(node.this, level, kind, bound)
    reader.push(node.args.get("expression"), SAME, kind or Influence.ORDER, bound)


def _query(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, _bound: frozenset[str]
) -> None:
    """A subquery as a value: its columns are values, what decides on its rows decides on this."""
    frame = reader.queries.query(node, reader.scope)
    for column in frame.columns:
        if column.rest is not None:
            reader.add(Flow(problems=(column.rest.reason,)), level, kind)
        else:
            reader.add(column.flow, level, kind)
    reader.gathering.rows(frame.rows)
    reader.add(Flow(problems=tuple(frame.problems)), level, kind)


def _exists(
    reader: Reader, node: exp.Expr, _level: int, _kind: Influence | None, _bound: frozenset[str]
) -> None:
    """Whether there are rows depends on what decides on them, never on what is selected of them."""
    if not isinstance(node.this, exp.Query):
        return reader.children(node, TRANSFORMED, _kind, _bound)
    frame = reader.queries.query(node.this, reader.scope)
    reader.gathering.rows(frame.rows)
    reader.add(Flow(problems=tuple(frame.problems)), SAME, Influence.FILTER)
    return None


def _lambda(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]
) -> None:
    names = {item.name.lower() for item in node.expressions}
    if _is_arrow(reader, node, names):
        reader.add(resolve(reader.scope, exp.Column(this=node.expressions[0].copy())), TRANSFORMED, kind)
        names = set[str]()
    reader.push(node.this, max(level, TRANSFORMED), kind, bound | names)


def _is_arrow(reader: Reader, node: exp.Expr, names: set[str]) -> bool:
    """Whether `a -> 'x'` as an argument reads JSON, which the parser takes for a lambda."""
    if len(names) != 1 or reader.scope.folding.has_lambdas:
        return len(names) == 1 and reader.scope.folding.name_of_dialect == "duckdb" and _is_text(node.this)
    return True


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _comprehension(
    reader: Reader, node: exp.Expr, level: int, kind: Influence | None, bound: frozenset[str]
) -> None:
    variables = node.args.get("expression")
    names = {variables.name.lower()} if isinstance(variables, exp.Expr) else set[str]()
    inner = bound | names
    reader.push(node.this, max(level, TRANSFORMED), kind, inner)
    reader.push(node.args.get("condition"), max(level, TRANSFORMED), kind, inner)
    reader.push(node.args.get("iterator"), max(level, TRANSFORMED), kind, bound)


def _nothing(
    _reader: Reader, _node: exp.Expr, _level: int, _kind: Influence | None, _bound: frozenset[str]
) -> None:
    """Leaves that hold no column."""


_HANDLERS: Final[
    dict[type[exp.Expr], Callable[[Reader, exp.Expr, int, Influence | None, frozenset[str]], None]]
] = {
    exp.Column: _column,
    exp.Alias: _same,
    exp.Paren: _same,
    exp.Distinct: lambda reader, node, level, kind, bound: reader.push(node.expressions, level, kind, bound),
    exp.IgnoreNulls: _same,
    exp.RespectNulls: _same,
    exp.Dot: _dot,
    exp.Struct: _put_together,
    exp.Window: _window,
    exp.Filter: _filter,
    exp.WithinGroup: _within_group,
    exp.Order: _order,
    exp.HavingMax: _having_max,
    exp.Subquery: _query,
    exp.Select: _query,
    exp.Union: _query,
    exp.Except: _query,
    exp.Intersect: _query,
    exp.Exists: _exists,
    exp.Lambda: _lambda,
    exp.Comprehension: _comprehension,
    exp.Identifier: _nothing,
    exp.Literal: _nothing,
    exp.Star: _star,
    exp.Parameter: _parameter,
    exp.Var: _nothing,
    exp.DataType: _nothing,
    exp.JSONPath: _nothing,
    exp.Null: _nothing,
    exp.Boolean: _nothing,
}
