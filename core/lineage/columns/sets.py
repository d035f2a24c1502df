"""UNION, EXCEPT and INTERSECT: columns meet by position, or by name where the query says so."""

from collections.abc import Callable, Sequence

from sqlglot import exp

from core.lineage.columns.flows import Flow, Gathering, Influences, merged, problem
from core.lineage.columns.frames import Column, Frame, Rest, unlisted
from core.lineage.columns.selects import settled
from core.lineage.columns.values import Influence

_UNEQUAL = "the branches of the set operation have different numbers of columns"
_OPEN = "the columns of a branch of the set operation are not all known"


def combine(operation: exp.Expr, left: Frame, right: Frame) -> Frame:
    """The columns of a set operation of two queries."""
    frame = _columns_of(operation, left, right)
    for branch in (left, right):
        for key, use in branch.rows.items():
            frame.rows.setdefault(key, use)
        frame.problems.update(branch.problems)
    if operation.args.get("distinct") or not isinstance(operation, exp.Union):
        decide(frame.rows, frame.columns, operation, Influence.DISTINCT)
    return frame


def decide(rows: Influences, columns: Sequence[Column], clause: exp.Expr, kind: Influence) -> None:
    """Whole rows are compared: all their columns decide on which there are."""
    gathering = Gathering(clause)
    for column in columns:
        gathering.influence(column.flow, kind)
    for key, use in gathering.done().influences.items():
        rows.setdefault(key, use)


def _columns_of(operation: exp.Expr, left: Frame, right: Frame) -> Frame:
    if isinstance(operation, exp.Except):
        frame = Frame([Column(c.name, settled(c), c.rest) for c in left.columns])
        decide(frame.rows, right.columns, operation, Influence.FILTER)
        return frame
    if operation.args.get("by_name"):
        return Frame(_by_name(left, right))
    frame = Frame(_by_position(left.columns, right.columns))
    if not left.rest and len(right.columns) > len(left.columns):
        frame.problems[_UNEQUAL if not right.rest else _OPEN] = None
    return frame


def _by_name(left: Frame, right: Frame) -> list[Column]:
    columns: list[Column] = []
    for column in left.columns:
        others = right.named(column.name) if column.rest is None else []
        flows = [settled(other) for other in others]
        if column.rest is None and not others:
            flows = [rest.read(column.name) for rest in right.from_rest(column.name)]
        columns.append(Column(column.name, merged(settled(column), *flows), column.rest))
    return columns + [
        Column(column.name, settled(column), column.rest)
        for column in right.columns
        if column.rest is not None or not left.named(column.name)
    ]


def _by_position(left: Sequence[Column], right: Sequence[Column]) -> list[Column]:
    sure = min(_listed(left), _listed(right))
    columns = [
        Column(one.name, merged(settled(one), settled(other)))
        for one, other in zip(left[:sure], right[:sure], strict=True)
    ]
    if len(left) == len(right) == sure:
        return columns
    doubt = problem(_UNEQUAL if _listed(left) == len(left) and _listed(right) == len(right) else _OPEN)
    for column in left[sure:]:
        if column.rest is not None:
            columns.append(unlisted(_doubted(column.rest, doubt)))
        else:
            columns.append(Column(column.name, merged(settled(column), doubt)))
    return columns


def _listed(columns: Sequence[Column]) -> int:
    """How many columns are known before the first open one."""
    return next((place for place, column in enumerate(columns) if column.rest is not None), len(columns))


def _doubted(rest: Rest, doubt: Flow) -> Rest:
    read: Callable[[str], Flow] = rest.read
    return Rest(lambda name: merged(read(name), doubt), rest.reason, rest.hidden)


def until_stable(anchor: Frame, step: Callable[[Frame], Frame], operation: exp.Expr) -> Frame:
    """A recursive query: what its own columns bring is added until nothing new comes."""
    frame = anchor
    for _ in range(len(anchor.columns) + 2):
        following = combine(operation, anchor, step(frame))
        if _size(following) == _size(frame):
            return following
        frame = following
    return frame


def _size(frame: Frame) -> tuple[int, int, int]:
    levels = sum(use.level for column in frame.columns for use in column.flow.values.values())
    influences = sum(len(column.flow.influences) for column in frame.columns)
    values = sum(len(column.flow.values) for column in frame.columns)
    return values * 3 + levels, influences, len(frame.rows)
