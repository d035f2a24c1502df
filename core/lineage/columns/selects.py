"""One SELECT: its sources are joined, its clauses decide on rows, its select list makes columns."""

from itertools import accumulate
from typing import Any, Final

from sqlglot import exp

from core.lineage.columns.expressions import flow_of, influence_of
from core.lineage.columns.flows import SAME, TRANSFORMED, Flow, Gathering, Use, problem
from core.lineage.columns.frames import Column, Frame
from core.lineage.columns.generators import generated_columns, read_multiplied
from core.lineage.columns.naming import UNNAMED, name_without_alias
from core.lineage.columns.scopes import Scope
from core.lineage.columns.sources import Tables, add_sources
from core.lineage.columns.stars import columns_expression, star_columns, tested_star
from core.lineage.columns.values import Influence

# Clauses that leave rows out; the first two see no aliases.
_NAMED: Final = (exp.Alias, exp.Column, exp.Dot, exp.Star, exp.Aliases)
_DECIDING: Final = ("prewhere", "where", "having", "qualify")


def read_select(tables: Tables, select: exp.Select, scope: Scope) -> Frame:
    """The columns of a SELECT; `scope` is new, and knows only its parent and its common table expressions."""
    add_sources(tables, select, scope)
    for window in select.args.get("windows") or []:
        scope.windows[window.name.lower()] = window
    aliases = _Aliases(tables, select, scope)
    scope.alias = aliases.flow
    scope.aliases_first = scope.folding.aliases_first
    columns = aliases.columns()
    _read_clauses(tables, select, scope, columns)
    if select.args.get("kind") in {"STRUCT", "VALUE"}:
        columns = _as_struct(select, columns)
    return Frame(columns, scope.rows, scope.problems)


class _Aliases:
    """The select list, each item read once: in order, or earlier where another names its alias."""

    def __init__(self, tables: Tables, select: exp.Select, scope: Scope) -> None:
        self._tables = tables
        self._scope = scope
        self._items = [item for item in select.expressions if isinstance(item, exp.Expr)]
        self._done: dict[int, list[Column]] = {}
        self._busy: set[int] = set()
        self._before: list[int] | None = None
        self._names_matter = _names_matter(select)
        self._places: dict[str, int] = {}
        for place, item in enumerate(self._items):
            if isinstance(item, exp.Alias):
                self._places.setdefault(item.alias.lower(), place)
        # ClickHouse: WITH expression AS name.
        clause = select.args.get("with_")
        ctes = clause.expressions if isinstance(clause, exp.Expr) else []
        self._named = {item.alias.lower(): item.this for item in ctes if item.args.get("scalar")}

    def columns(self) -> list[Column]:
        """All columns, in order."""
        result: list[Column] = []
        for place in range(len(self._items)):
            result += self._item(place)
        return result

    def flow(self, name: str) -> Flow | None:
        """The flow of an alias; none where it is unknown, or where it is the alias now being read."""
        place = self._places.get(name.lower())
        if place is None and (named := self._named.get(name.lower())) is not None:
            return flow_of(self._tables, named, self._scope)
        if place is None or place in self._busy:
            return None
        return self._item(place)[0].flow

    def _item(self, place: int) -> list[Column]:
        if place not in self._done:
            self._busy.add(place)
            try:
                self._done[place] = self._read(place, self._items[place])
            finally:
                self._busy.discard(place)
        return self._done[place]

    def _read(self, place: int, item: exp.Expr) -> list[Column]:
        folding = self._scope.folding
        if folding.row_functions:
            read_multiplied(self._tables, self._scope, item)
        plain = type(item) is exp.Alias or (type(item) is exp.Column and type(item.this) is exp.Identifier)
        if not plain or folding.columns_function:
            several = self._several(item)
            if several is not None:
                return several
        return [Column(self._name(place, item), flow_of(self._tables, item, self._scope), None, item)]

    def _several(self, item: exp.Expr) -> list[Column] | None:
        """The columns of an item that may give any number of them; None for one that gives one."""
        tables, scope = self._tables, self._scope
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            return star_columns(tables, scope, item)
        if isinstance(item, exp.Dot) and isinstance(item.expression, exp.Star):
            return _struct_star(tables, scope, item)
        if scope.folding.columns_function and item.find(exp.Columns) is not None:
            return columns_expression(tables, scope, item)
        if isinstance(item, exp.Aliases):
            flow = flow_of(tables, item.this, scope)
            return [Column(scope.folding.name(name), flow, None, item) for name in item.expressions]
        return generated_columns(tables, scope, item) or tested_star(tables, scope, item)

    def _name(self, place: int, item: exp.Expr) -> str:
        if isinstance(item, exp.Alias):
            return self._scope.folding.name(item.args["alias"])
        if isinstance(item, exp.Subquery) and item.alias:
            return self._scope.folding.name(item.args["alias"].this)
        inner: Any = item.unnest()
        if isinstance(inner, exp.Cast) and isinstance(inner.this, exp.Column | exp.Dot):
            inner = inner.this if self._scope.folding.names_casts else inner
        if isinstance(inner, exp.Column):
            return self._scope.folding.name(inner.this)
        if isinstance(inner, exp.Dot) and isinstance(inner.expression, exp.Identifier):
            return self._scope.folding.name(inner.expression)
        if not self._names_matter:
            return UNNAMED.format(place)
        return name_without_alias(self._scope.folding, item, place, self._nameless()[place])

    def _nameless(self) -> list[int]:
        """How many items without a name of their own stand before each."""
        if self._before is None:
            without = (int(not isinstance(item.unnest(), _NAMED)) for item in self._items)
            self._before = [0, *accumulate(without)]
        return self._before


def _names_matter(select: exp.Select) -> bool:
    """Whether anybody sees the names: not of a subquery that is a value, whose text may be very long."""
    around = select.parent
    while isinstance(around, exp.SetOperation | exp.Subquery):
        around = around.parent
    return around is None or isinstance(around, exp.From | exp.Join | exp.CTE | exp.Create | exp.Insert)


def _struct_star(tables: Tables, scope: Scope, item: exp.Dot) -> list[Column]:
    whole = flow_of(tables, item.this, scope)
    if whole.fields is not None:
        return [Column(name, flow, None, item) for name, flow in whole.fields.items()]
    written = f"{item.this.name or 'struct'}.*"
    gathering = Gathering(item)
    gathering.value(whole, TRANSFORMED)
    gathering.value(problem(f"{written}: the fields of a struct are not listed"), SAME)
    return [Column(written, gathering.done(), None, item)]


def _read_clauses(tables: Tables, select: exp.Select, scope: Scope, columns: list[Column]) -> None:
    for key in _DECIDING:
        clause = select.args.get(key)
        if isinstance(clause, exp.Expr):
            after = key not in {"prewhere", "where"}
            inner = scope.at(aliases_first=scope.folding.aliases_first, aliases_after=after)
            scope.influence(influence_of(tables, clause, inner, Influence.FILTER))
    _read_group(tables, select, scope, columns)
    _read_distinct(tables, select, scope, columns)
    read_order(tables, select, scope, columns)
    limit = select.args.get("limit")
    for item in limit.expressions if isinstance(limit, exp.Limit) else []:
        read_item(tables, scope.at(), columns, item, Influence.FILTER)
    connect = select.args.get("connect")
    if isinstance(connect, exp.Expr):
        scope.influence(influence_of(tables, connect, scope.at(), Influence.JOIN))


def _read_group(tables: Tables, select: exp.Select, scope: Scope, columns: list[Column]) -> None:
    group = select.args.get("group")
    if not isinstance(group, exp.Expr):
        return
    if group.args.get("all"):
        plain = [column for column in columns if not _aggregated(column)]
        _influence_of_columns(scope, plain, group, Influence.GROUP)
    for item in _group_items(group):
        read_item(tables, scope.at(), columns, item, Influence.GROUP)


def _group_items(group: exp.Expr) -> list[exp.Expr]:
    items = list(group.expressions)
    for key in ("cube", "rollup", "grouping_sets"):
        items += [item for item in group.args.get(key) or [] if isinstance(item, exp.Expr)]
    return items


def _aggregated(column: Column) -> bool:
    written = column.written
    return written is not None and written.find(exp.AggFunc) is not None


def _read_distinct(tables: Tables, select: exp.Select, scope: Scope, columns: list[Column]) -> None:
    distinct = select.args.get("distinct")
    if not isinstance(distinct, exp.Expr):
        return
    on = distinct.args.get("on")
    if not isinstance(on, exp.Expr):
        _influence_of_columns(scope, columns, distinct, Influence.DISTINCT)
        return
    for item in on.expressions or [on]:
        read_item(tables, scope.at(), columns, item, Influence.DISTINCT)


def read_order(tables: Tables, query: exp.Expr, scope: Scope, columns: list[Column]) -> None:
    """ORDER BY and its relatives at the end of a query."""
    for key in ("order", "sort", "cluster", "distribute"):
        order = query.args.get(key)
        for item in order.expressions if isinstance(order, exp.Expr) else []:
            inner = item.this if isinstance(item, exp.Ordered) else item
            if isinstance(inner, exp.Var) and inner.name.upper() == "ALL":
                _influence_of_columns(scope, columns, item, Influence.ORDER)
                continue
            bare = isinstance(inner, exp.Column) or not scope.folding.orders_by_input
            read_item(tables, scope.at(aliases_first=bare), columns, inner, Influence.ORDER)


def read_item(tables: Tables, scope: Scope, columns: list[Column], item: exp.Expr, kind: Influence) -> None:
    """An item of GROUP BY or ORDER BY: an expression, or the position of a column."""
    if isinstance(item, exp.Literal) and item.is_int:
        place = int(item.name) - 1
        if 0 <= place < len(columns) and all(column.rest is None for column in columns[: place + 1]):
            _influence_of_columns(scope, [columns[place]], columns[place].written or item, kind)
        return
    scope.influence(influence_of(tables, item, scope, kind))


def _influence_of_columns(scope: Scope, columns: list[Column], clause: exp.Expr, kind: Influence) -> None:
    gathering = Gathering(clause)
    for column in columns:
        gathering.influence(column.flow, kind)
    scope.influence(gathering.done())


def _as_struct(select: exp.Select, columns: list[Column]) -> list[Column]:
    """BigQuery's SELECT AS STRUCT gives one column, whose fields are those selected."""
    if select.args.get("kind") == "VALUE" or any(column.rest is not None for column in columns):
        return columns
    gathering = Gathering(select)
    for column in columns:
        gathering.value(column.flow, SAME)
    flow = gathering.done()
    fields = {column.name: column.flow for column in columns}
    whole = Flow(flow.values, flow.influences, flow.problems, fields)
    around = select.parent.parent if isinstance(select.parent, exp.Subquery) else select.parent
    if around is None or isinstance(around, exp.From | exp.Join | exp.Create | exp.CTE):
        return columns
    return [Column("struct", whole, None, select)]


def settled(column: Column) -> Flow:
    """The flow of a column whose copies are made by this very expression."""
    values = {
        source: use if use.evidence is not None else Use(use.level, use.confidence, column.written)
        for source, use in column.flow.values.items()
    }
    return Flow(values, column.flow.influences, column.flow.problems, column.flow.fields)
