"""A selection as part of one query.

Sets of unique_ids are put together as dbt does: a criterion's own nodes, their relatives, then the tests that
hang on any of these (`eager`); commas intersect, spaces unite, `--exclude` takes away.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.catalog.reading import Reading
from core.catalog.selectors.graph import with_relatives, with_tests
from core.catalog.selectors.methods import condition
from core.catalog.selectors.scope import Condition, Nodes, Scope
from core.catalog.selectors.spec import Criterion, Intersection, Selector, Union
from core.catalog.selectors.values import TESTS

Ids = sa.Select[Any] | sa.CompoundSelect[Any]


def matching(reading: Reading, selector: Selector, *, tests: bool = True) -> sa.Select[str]:
    """The unique_ids that a selection means, as a query.

    Without `tests` some tests are missing, but nothing else: cheaper for those who want other nodes only.
    """
    scope = Scope(reading)
    nodes = scope.nodes()
    wanted = _conditions(scope, nodes, selector, tests=tests)
    return sa.select(nodes.unique_id).where(scope.of(nodes), *wanted)


def conditions(reading: Reading, selector: Selector, *, tests: bool = True) -> list[Condition]:
    """The same as conditions on `reading.nodes`, all of which must hold."""
    return _conditions(Scope(reading), reading.nodes, selector, tests=tests)


def _conditions(scope: Scope, nodes: Nodes, selector: Selector, *, tests: bool) -> list[Condition]:
    """What can be seen from a node's row is asked there; for all else a set is made."""
    if _is_plain(selector, tests=tests):
        return [scope.selectable(nodes), _plain(scope, nodes, selector)]
    if len(selector.include) == 1 and not selector.exclude:
        each = [_ids(scope, criterion, tests=tests) for criterion in selector.include[0]]
        return [nodes.unique_id.in_(ids) for ids in each]
    included = _union(scope, selector.include, tests=tests)
    if selector.exclude:
        excluded = _union(scope, selector.exclude, tests=tests)
        included = sa.except_(_as_select(included), _as_select(excluded))
    return [nodes.unique_id.in_(included)]


def _is_plain(selector: Selector, *, tests: bool) -> bool:
    every = [criterion for part in selector.include + selector.exclude for criterion in part]
    return not tests and not any(criterion.walks for criterion in every)


def _plain(scope: Scope, nodes: Nodes, selector: Selector) -> Condition:
    def holds(union: Union) -> Condition:
        parts = (sa.and_(*(condition(scope, nodes, one) for one in part)) for part in union)
        return sa.or_(sa.false(), *parts)

    excluded = holds(selector.exclude)
    return sa.and_(holds(selector.include), sa.func.coalesce(sa.not_(excluded), sa.true()))


def _union(scope: Scope, union: Union, *, tests: bool) -> Ids:
    parts = [_as_select(_intersection(scope, part, tests=tests)) for part in union]
    if not parts:
        return sa.select(sa.cast(sa.null(), sa.Text)).where(sa.false())
    return parts[0] if len(parts) == 1 else sa.union(*parts)


def _intersection(scope: Scope, part: Intersection, *, tests: bool) -> Ids:
    sets = [_as_select(_ids(scope, criterion, tests=tests)) for criterion in part]
    return sets[0] if len(sets) == 1 else sa.intersect(*sets)


def _ids(scope: Scope, criterion: Criterion, *, tests: bool) -> Ids:
    nodes = scope.nodes()
    own = sa.select(nodes.unique_id.label("id")).where(
        scope.selectable(nodes), condition(scope, nodes, criterion)
    )
    if not tests and not criterion.parents and not criterion.childrens_parents:
        # Nothing but themselves comes of them.
        own = own.where(nodes.resource_type.not_in(TESTS))
    found = with_relatives(scope, own, criterion) if criterion.walks else own
    return with_tests(scope, found) if tests else found


def _as_select(ids: Ids) -> sa.Select[Any]:
    """A set as a statement that can stand in brackets, whatever it is made of."""
    if isinstance(ids, sa.Select):
        return ids
    set_of: Sequence[sa.ColumnElement[Any]] = list(ids.subquery().c)
    return sa.select(*set_of)
