"""The relatives of selected nodes, and their tests."""

from typing import Any

import sqlalchemy as sa

from core.catalog.selectors.scope import Condition, Scope
from core.catalog.selectors.spec import Criterion, Walk
from core.catalog.selectors.values import TESTS

Ids = sa.Select[Any] | sa.CompoundSelect[Any]


def with_relatives(scope: Scope, own: Ids, criterion: Criterion) -> Ids:
    """Selected nodes with the relatives that a criterion asks for."""
    start = own.cte()
    parts: list[sa.Select[Any]] = []
    if criterion.childrens_parents:
        parts.append(_childrens_parents(scope, start))
    if criterion.parents is not None:
        parts.append(_walk(scope, start, criterion.parents, up=True))
    if criterion.children is not None:
        parts.append(_walk(scope, start, criterion.children, up=False))
    return parts[0] if len(parts) == 1 else sa.union(*parts)


def with_tests(scope: Scope, found: Ids) -> Ids:
    """Selected nodes with the tests of any of them."""
    selected = found.cte()
    return sa.union(sa.select(selected.c.id), _tests_of(scope, selected))


def is_test(unique_id: sa.ColumnElement[Any]) -> Condition:
    """Whether a unique_id is that of a test. Nothing is downstream of one."""
    return sa.or_(*(unique_id.like(f"{kind.replace('_', chr(92) + '_')}.%") for kind in TESTS))


def _tests_of(scope: Scope, selected: sa.CTE) -> sa.Select[Any]:
    edges: Any = scope.edges()
    return (
        sa.select(edges.child.label("id"))
        .join(selected, selected.c.id == edges.parent)
        .where(scope.of(edges), is_test(edges.child))
    )


def _childrens_parents(scope: Scope, start: sa.CTE) -> sa.Select[Any]:
    """Everything that descendants need, tests among them."""
    below = _reached(scope, start, Walk(None), up=False)
    all_below = sa.union(sa.select(below.c.id), _tests_of(scope, below)).cte()
    return _walk(scope, all_below, Walk(None), up=True)


def _walk(scope: Scope, start: sa.CTE, walk: Walk, *, up: bool) -> sa.Select[Any]:
    return sa.select(_reached(scope, start, walk, up=up).c.id)


def _reached(scope: Scope, start: sa.CTE, walk: Walk, *, up: bool) -> sa.CTE:
    """What is reached from the start, itself included. Downwards tests are left to `with_tests`."""
    edges: Any = scope.edges()
    here, there = (edges.child, edges.parent) if up else (edges.parent, edges.child)
    limited = walk.depth is not None
    step = [sa.literal(0).label("step")] if limited else []
    reached = sa.select(start.c.id, *step).cte(recursive=True)
    near = sa.select(there.label("id")).where(scope.of(edges), here == reached.c.id).correlate(reached)
    if not up:
        near = near.where(sa.not_(is_test(there)))
    # Node by node through the index: reading all edges for each step is what the planner would choose.
    by_index = near.offset(0).lateral()
    more = [reached.c.step + 1] if limited else []
    further = sa.select(by_index.c.id, *more).select_from(reached).join(by_index, sa.true())
    return reached.union(further.where(reached.c.step < walk.depth) if limited else further)
