"""Functions of the select list that give several columns: EXPLODE and the like, UNNEST of a struct."""

from typing import Final

from sqlglot import exp

from core.lineage.columns.expressions import flow_of, influence_of
from core.lineage.columns.flows import TRANSFORMED, Flow, Gathering
from core.lineage.columns.frames import Column, Rest, unlisted
from core.lineage.columns.names import ROW_FUNCTIONS
from core.lineage.columns.queries import Queries
from core.lineage.columns.scopes import Scope
from core.lineage.columns.values import Influence

_SPARK: Final = frozenset({"spark", "spark2", "databricks", "hive"})
_MULTIPLYING: Final = (
    exp.Explode,
    exp.Posexplode,
    exp.Inline,
    exp.Unnest,
    exp.ExplodingGenerateSeries,
    exp.Anonymous,
)
_NAMES: Final[dict[type[exp.Expr], tuple[str, ...]]] = {
    exp.Explode: ("col",),
    exp.ExplodeOuter: ("col",),
    exp.Posexplode: ("pos", "col"),
    exp.PosexplodeOuter: ("pos", "col"),
}


def generated_columns(queries: Queries, scope: Scope, item: exp.Expr) -> list[Column] | None:
    """The columns of such a function without aliases; None for anything else."""
    dialect = scope.folding.name_of_dialect
    if dialect == "duckdb":
        return _fields(queries, scope, item) if isinstance(item, exp.Explode) else None
    if dialect not in _SPARK:
        return None
    if isinstance(item, exp.Inline | exp.Stack):
        made = _made(queries, scope, item)
        return [
            unlisted(Rest(lambda _name: made, f"{item.sql_name()} gives columns whose names are not known"))
        ]
    names = _NAMES.get(type(item), ())
    return [Column(name, _made(queries, scope, item), None, item) for name in names] or None


def read_multiplied(queries: Queries, scope: Scope, item: exp.Expr) -> None:
    """An array with a row for each of its elements decides how many rows there are."""
    if isinstance(item, exp.Star):
        return
    for node in item.find_all(*_MULTIPLYING):
        if isinstance(node.this, exp.Array | exp.Struct) or node.find_ancestor(
            exp.Query
        ) is not item.find_ancestor(exp.Query):
            continue
        if not isinstance(node, exp.Anonymous) or any(word in node.name.lower() for word in ROW_FUNCTIONS):
            scope.influence(influence_of(queries, node, scope.at(), Influence.JOIN))


def _fields(queries: Queries, scope: Scope, item: exp.Explode) -> list[Column] | None:
    """DuckDB: a struct that is put together right here becomes its fields."""
    if not isinstance(item.this, exp.Struct):
        return None
    fields = flow_of(queries, item.this, scope).fields or {}
    return [Column(name, _risen(flow, item), None, item) for name, flow in fields.items()] or None


def _made(queries: Queries, scope: Scope, item: exp.Expr) -> Flow:
    return _risen(flow_of(queries, item, scope), item)


def _risen(flow: Flow, item: exp.Expr) -> Flow:
    gathering = Gathering(item)
    gathering.value(flow, TRANSFORMED)
    return gathering.done()
