"""The lineage of one statement. It is parsed once, and each of its scopes is read once."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokens import Token

from core.lineage.columns.binder import Binder
from core.lineage.columns.flows import AGGREGATED, TRANSFORMED, Influences, Origin, Use
from core.lineage.columns.frames import Column, Frame
from core.lineage.columns.names import Folding
from core.lineage.columns.procedures import is_procedure, last_statement
from core.lineage.columns.spans import Spans
from core.lineage.columns.standins import without_bodies
from core.lineage.columns.statements import NotSupported, define, read_statement
from core.lineage.columns.values import (
    InfluenceSource,
    OutputColumn,
    QueryLineage,
    Relation,
    Status,
    Transform,
    ValueSource,
)

# Levels of nesting that are read; callers give the thread a stack that carries them.
RECURSION_LIMIT: Final = 60_000
_SHOWN: Final = 3


def trace(
    sql: str,
    dialect: str,
    relations: Sequence[Relation],
    stand_ins: Mapping[str, Relation] | None = None,
    *,
    take_unlisted: bool = False,
) -> QueryLineage:
    """The lineage of a statement.

    `dialect` is one of sqlglot's, empty for standard SQL. `stand_ins` are common table expressions that
    stand for nodes. With `take_unlisted`, a table that is no relation counts as one by its own name;
    otherwise what comes from it is not known. Nothing is raised for bad SQL: the status says what is wrong.
    """
    if not sql.strip():
        return QueryLineage(Status.UNKNOWN, "there is no SQL")
    try:
        folding = Folding(dialect, sql)
        tokens, earlier, statement = _parsed(folding, sql, stand_ins or {})
        binder = Binder(folding, relations, stand_ins or {}, take_unlisted=take_unlisted)
        unread = [item for item in earlier if not define(binder, item)]
        note = _unread(unread, len(earlier) + 1)
        frame = read_statement(binder, statement)
        return _outcome(frame, Spans(tokens), binder, note)
    except Exception as error:  # noqa: BLE001 - one statement never costs the others
        return QueryLineage(Status.UNKNOWN, _reason(error))


def _unread(unread: Sequence[exp.Expr], count: int) -> str:
    if not unread:
        return ""
    if isinstance(unread[0], exp.Command) and unread[0].this == "PROCEDURE":
        return "of a procedure only the last statement that writes is read"
    return f"only the last of {count} statements is read"


def _reason(error: Exception) -> str:
    """Why there is no lineage, in words for people."""
    if isinstance(error, NotSupported):
        return str(error)
    if isinstance(error, ParseError):
        return f"the SQL is not understood: {_first_error(error)}"
    if isinstance(error, SqlglotError | ValueError):
        return f"the SQL is not understood: {_short(str(error))}"
    if isinstance(error, RecursionError):
        return "the SQL nests too deep"
    return f"the SQL could not be read: {type(error).__name__}: {_short(str(error))}"


def _parsed(
    folding: Folding, sql: str, stand_ins: Mapping[str, Relation]
) -> tuple[list[Token], list[exp.Expr], exp.Expr]:
    """The tokens, and the statements that give columns: those before the last, and the last."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION_LIMIT))
    tokens = folding.dialect.tokenize(sql)
    if is_procedure(tokens) and (body := last_statement(tokens)):
        statement = folding.dialect.parser().parse(list(body), sql)[0]
        if statement is not None:
            return tokens, [exp.Command(this="PROCEDURE")], statement
    read = without_bodies(tokens, stand_ins, folding.dialect.tokenize("SELECT 1")) if stand_ins else tokens
    parsed = folding.dialect.parser().parse(read, sql)
    statements = [item for item in parsed if item is not None and not isinstance(item, exp.Semicolon)]
    giving = [item for item in statements if isinstance(item, exp.Query | exp.DML | exp.DDL | exp.Pivot)]
    if not statements:
        raise NotSupported("there is no SQL but comments")
    read_last = [item for item in giving if not isinstance(item, exp.Delete)] or giving or statements
    return tokens, [*read_last[:-1]], read_last[-1]


def _first_error(error: ParseError) -> str:
    for first in error.errors:
        what: dict[str, Any] = first
        return f"{what.get('description')} (line {what.get('line')}, column {what.get('col')})"
    return _short(str(error))


def _short(text: str) -> str:
    return text.split("\n", maxsplit=1)[0][:300]


def _outcome(frame: Frame, spans: Spans, binder: Binder, note: str) -> QueryLineage:
    columns = [_output(column, spans) for column in frame.columns if column.rest is None]
    reasons = dict.fromkeys([note] if note else [])
    reasons.update((f"star: {rest.reason}", None) for rest in frame.rest)
    unclear = [column for column in columns if column.status in {Status.PARTIAL, Status.UNKNOWN}]
    reasons.update((column.reason, None) for column in unclear)
    reasons.update((f"influence: {text}", None) for text in frame.problems)
    twice = [name for name, count in Counter(column.name.lower() for column in columns).items() if count > 1]
    reasons.update((f"more than one column is called {name}", None) for name in twice)
    status = Status.PARTIAL if reasons else Status.COMPLETE
    if not columns or (unclear and all(column.status is Status.UNKNOWN for column in columns)):
        status = Status.UNKNOWN
    if not columns and not reasons:
        reasons["the statement gives no columns"] = None
    influences = _influences(frame.rows, spans, None)
    return QueryLineage(
        status,
        _joined(list(reasons)),
        columns,
        influences,
        bool(frame.rest),
        {node: tuple(names) for node, names in binder.used.items()},
        binder.consulted(),
        tuple(binder.unmatched),
    )


def _joined(reasons: list[str]) -> str:
    more = f"; and {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
    return "; ".join(reasons[:_SHOWN]) + more


def _output(column: Column, spans: Spans) -> OutputColumn:
    flow = column.flow
    sources = [_value(source, use, column, spans) for source, use in flow.values.items()]
    influences = _influences(flow.influences, spans, column.written)
    status = Status.COMPLETE if sources or influences else Status.NONE
    if flow.problems:
        status = Status.PARTIAL if sources or influences else Status.UNKNOWN
    return OutputColumn(column.name, status, _joined(list(flow.problems)), sources, influences)


def _value(source: Origin, use: Use, column: Column, spans: Spans) -> ValueSource:
    node, name = source
    span = spans.of(use.evidence or column.written)
    return ValueSource(node, name, _transform(use.level, name, column.name), use.confidence, span)


def _transform(level: int, source: str, output: str) -> Transform:
    if level >= AGGREGATED:
        return Transform.AGGREGATED
    if level >= TRANSFORMED:
        return Transform.TRANSFORMED
    return Transform.COPIED if source.lower() == output.lower() else Transform.RENAMED


def _influences(rows: Influences, spans: Spans, written: exp.Expr | None) -> list[InfluenceSource]:
    return [
        InfluenceSource(node, column, kind, use.confidence, spans.of(use.evidence or written))
        for ((node, column), kind), use in rows.items()
    ]
