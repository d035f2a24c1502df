"""The query inside a statement: CREATE TABLE AS, INSERT, MERGE, UPDATE, or the query alone."""

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from core.lineage.columns.binder import Binder
from core.lineage.columns.expressions import flow_of, influence_of
from core.lineage.columns.flows import Flow, merged
from core.lineage.columns.frames import Column, Frame
from core.lineage.columns.scopes import Scope
from core.lineage.columns.selects import settled
from core.lineage.columns.sources import add_source, add_sources
from core.lineage.columns.values import Influence


class NotSupported(Exception):
    """A statement that gives no columns, or none that are understood; the text says which."""


def read_statement(binder: Binder, statement: exp.Expr) -> Frame:
    """The columns that a statement gives.

    Raises:
        NotSupported: it gives none.
    """
    scope = Scope(binder.folding)
    if isinstance(statement, exp.Create):
        return _created(binder, statement, scope)
    if isinstance(statement, exp.Insert):
        return _inserted(binder, statement, scope)
    if isinstance(statement, exp.Merge):
        return _merged(binder, statement, scope)
    if isinstance(statement, exp.Update):
        return _updated(binder, statement, scope)
    if isinstance(statement, exp.Query | exp.Pivot | exp.Values):
        return binder.query(statement, scope)
    raise NotSupported(f"{_word(statement)} gives no columns")


def define(binder: Binder, statement: exp.Expr) -> bool:
    """Take in a table or view that a statement makes for those after it; whether it does that."""
    if not isinstance(statement, exp.Create) or not isinstance(statement.expression, exp.Query | exp.Values):
        return False
    made = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    if not isinstance(made, exp.Table):
        return False
    binder.define(
        tuple(binder.folding.name(part) for part in made.parts),
        _created(binder, statement, Scope(binder.folding)),
    )
    return True


def _word(statement: exp.Expr) -> str:
    if isinstance(statement, exp.Command):
        return f"{str(statement.this).upper()}, which is not understood,"
    return type(statement).__name__.upper()


def _around(binder: Binder, statement: exp.Expr, scope: Scope) -> Scope:
    return Scope(binder.folding, None, binder.with_ctes(statement, scope.ctes, scope))


def _created(binder: Binder, statement: exp.Create, scope: Scope) -> Frame:
    query = statement.expression
    if not isinstance(query, exp.Query | exp.Values):
        raise NotSupported(f"CREATE {statement.kind or ''} without a query gives no columns")
    frame = binder.query(query, _around(binder, statement, scope))
    return _named(frame, _schema_names(binder, statement.this))


def _inserted(binder: Binder, statement: exp.Insert, scope: Scope) -> Frame:
    query = statement.expression
    if not isinstance(query, exp.Query | exp.Values):
        raise NotSupported("INSERT without a query gives no columns")
    frame = binder.query(query, _around(binder, statement, scope))
    names = _schema_names(binder, statement.this)
    if not names and isinstance(statement.this, exp.Table) and not statement.args.get("by_name"):
        target = binder.matching(tuple(binder.folding.name(part) for part in statement.this.parts))
        if target is not None and target.complete:
            names = list(target.columns)
    return _named(frame, names)


def _schema_names(binder: Binder, target: Any) -> list[str]:
    if not isinstance(target, exp.Schema):
        return []
    parts = [part.this if isinstance(part, exp.ColumnDef) else part for part in target.expressions]
    return [binder.folding.name(part) for part in parts if isinstance(part, exp.Identifier)]


def _named(frame: Frame, names: Sequence[str]) -> Frame:
    """Columns land in those of the target by position; with an open star that cannot be told."""
    if frame.rest or len(names) < len(frame.columns):
        return frame
    columns = [
        Column(name, column.flow, None, column.written)
        for name, column in zip(names, frame.columns, strict=False)
    ]
    return Frame(columns, frame.rows, frame.problems)


def _merged(binder: Binder, statement: exp.Merge, scope: Scope) -> Frame:
    inner = _around(binder, statement, scope)
    add_source(binder, statement.this, inner)
    inner.rows.clear()
    add_source(binder, statement.args["using"], inner)
    condition = statement.args.get("on")
    if isinstance(condition, exp.Expr):
        inner.influence(influence_of(binder, condition, inner, Influence.JOIN))
    found: dict[str, list[Column]] = {}
    whens = statement.args.get("whens")
    for when in whens.expressions if isinstance(whens, exp.Expr) else []:
        if isinstance(when.args.get("condition"), exp.Expr):
            inner.influence(influence_of(binder, when.args["condition"], inner, Influence.FILTER))
        for column in _of_when(binder, when.args.get("then"), inner):
            found.setdefault(column.name.lower(), []).append(column)
    return _of_target(found, inner)


def _of_when(binder: Binder, action: Any, scope: Scope) -> list[Column]:
    if isinstance(action, exp.Update):
        return _assigned(binder, action.expressions, scope)
    if not isinstance(action, exp.Insert):
        return []
    if not isinstance(action.this, exp.Tuple) or not isinstance(action.expression, exp.Tuple):
        raise NotSupported("MERGE with INSERT or UPDATE of all columns is not supported")
    pairs = zip(action.this.expressions, action.expression.expressions, strict=False)
    return [
        Column(binder.folding.name(name.this), flow_of(binder, value, scope), None, value)
        for name, value in pairs
    ]


def _assigned(binder: Binder, assignments: Sequence[Any], scope: Scope) -> list[Column]:
    if not all(isinstance(item, exp.EQ) and isinstance(item.this, exp.Column) for item in assignments):
        raise NotSupported("an assignment that is not `column = expression` is not supported")
    return [
        Column(
            binder.folding.name(item.this.this),
            flow_of(binder, item.expression, scope.at(aliases_after=False)),
            None,
            item,
        )
        for item in assignments
    ]


def _of_target(found: dict[str, list[Column]], scope: Scope) -> Frame:
    columns = [Column(same[0].name, _together(same), None, same[0].written) for same in found.values()]
    return Frame(columns, scope.rows, scope.problems)


def _together(columns: Sequence[Column]) -> Flow:
    return merged(*(settled(column) for column in columns)) if len(columns) > 1 else columns[0].flow


def _updated(binder: Binder, statement: exp.Update, scope: Scope) -> Frame:
    inner = _around(binder, statement, scope)
    add_sources(binder, statement, inner)
    # T-SQL may name the target by the alias that FROM gives it.
    target = statement.this
    if not any(source.answers_to((target.name,)) for source in inner.sources) or target.alias:
        add_source(binder, target, inner)
    where = statement.args.get("where")
    if isinstance(where, exp.Expr):
        inner.influence(influence_of(binder, where, inner, Influence.FILTER))
    found: dict[str, list[Column]] = {}
    for column in _assigned(binder, statement.expressions, inner):
        found.setdefault(column.name.lower(), []).append(column)
    return _of_target(found, inner)
