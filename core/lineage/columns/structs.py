"""Values with fields that are handed on whole: rows in an array, the one row of a subquery."""

from typing import Final

from sqlglot import exp

from core.lineage.columns.flows import AGGREGATED, SAME, TRANSFORMED, Flow, Gathering, merged
from core.lineage.columns.queries import Queries
from core.lineage.columns.scopes import Scope, resolve

# An element of an array, or an aggregate that keeps its arguments, has the fields of what went in.
_KEEPING: Final = (exp.Bracket, exp.ArrayAgg, exp.AnyValue, exp.First, exp.Last)
KEEPING_FIELDS: Final = (*_KEEPING, exp.Array)
_AROUND: Final = (
    *_KEEPING,
    exp.Order,
    exp.Limit,
    exp.Distinct,
    exp.IgnoreNulls,
    exp.Paren,
    exp.HavingMax,
)


def scalar_flow(queries: Queries, query: exp.Expr, scope: Scope) -> Flow:
    """The flow of a subquery as a value: that of its columns, and what decides on its rows."""
    frame = queries.query(query, scope)
    gathering = Gathering(None)
    for column in frame.columns:
        problems = Flow(problems=(column.rest.reason,)) if column.rest is not None else column.flow
        gathering.value(problems, SAME)
    gathering.rows(frame.rows)
    gathering.value(Flow(problems=tuple(frame.problems)), SAME)
    flow = gathering.done()
    columns = frame.columns
    fields = columns[0].flow.fields if len(columns) == 1 else None
    if fields is not None:
        fields = {name: _with_rows(field, flow) for name, field in fields.items()}
    return Flow(flow.values, flow.influences, flow.problems, fields)


def _with_rows(field: Flow, whole: Flow) -> Flow:
    """A field of the one row of a subquery: what decides on that row decides on it."""
    gathering = Gathering(None)
    gathering.value(field, SAME)
    gathering.rows(whole.influences)
    return gathering.done()


def with_fields(queries: Queries, expression: exp.Expr, scope: Scope, flow: Flow) -> Flow:
    """The flow with the fields of the value inside, where those are known."""
    inner: exp.Expr | None = expression
    while isinstance(inner, _AROUND):
        inner = inner.expressions[0] if isinstance(inner, exp.Distinct) and inner.expressions else inner.this
    fields = _fields_of(queries, inner, scope)
    if fields is None:
        return flow
    risen = {name: _risen(field, expression, flow) for name, field in fields.items()}
    return Flow(flow.values, flow.influences, flow.problems, risen)


def _fields_of(queries: Queries, inner: exp.Expr | None, scope: Scope) -> dict[str, Flow] | None:
    if isinstance(inner, exp.Column) and not isinstance(inner.this, exp.Star):
        return resolve(scope, inner).fields
    if isinstance(inner, exp.Subquery):
        return scalar_flow(queries, inner, scope).fields
    if isinstance(inner, exp.Struct):
        return struct_flow(queries, inner, scope).fields
    return _fields_of_array(queries, inner, scope) if isinstance(inner, exp.Array) else None


def _fields_of_array(queries: Queries, array: exp.Array, scope: Scope) -> dict[str, Flow] | None:
    """Fields that all the elements have, each with what goes into it in any of them."""
    found = [_fields_of(queries, item, scope) for item in array.expressions]
    known = [fields for fields in found if fields is not None]
    if not known or len(known) < len(found) or any(len(fields) != len(known[0]) for fields in known):
        return None
    # Fields of later elements may come without names: they meet by position.
    together = zip(*(fields.values() for fields in known), strict=True)
    return {name: merged(*flows) for name, flows in zip(known[0], together, strict=True)}


def struct_flow(queries: Queries, struct: exp.Struct, scope: Scope) -> Flow:
    """A struct put together here, with its fields."""
    from core.lineage.columns.expressions import flow_of  # noqa: PLC0415 - they read each other

    fields: dict[str, Flow] = {}
    for item in struct.expressions:
        name = scope.folding.name(item.this) if isinstance(item, exp.PropertyEQ) else item.alias_or_name
        value = item.expression if isinstance(item, exp.PropertyEQ) else item
        fields[name or f"_{len(fields)}"] = flow_of(queries, value, scope)
    gathering = Gathering(struct)
    for flow in fields.values():
        gathering.value(flow, TRANSFORMED)
    whole = gathering.done()
    return Flow(whole.values, whole.influences, whole.problems, fields)


def _risen(field: Flow, expression: exp.Expr, whole: Flow) -> Flow:
    aggregates = expression.find(exp.AggFunc) is not None
    gathering = Gathering(expression)
    gathering.value(field, AGGREGATED if aggregates else SAME)
    gathering.rows(whole.influences)
    risen = gathering.done()
    return Flow(risen.values, risen.influences, risen.problems, field.fields)
