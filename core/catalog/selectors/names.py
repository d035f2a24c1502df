"""The method `fqn`, by which a selection goes that names no other."""

from typing import Any, Final

import sqlalchemy as sa

from core.catalog.selectors.patterns import has_wildcards, like, like_pattern, matches
from core.catalog.selectors.scope import Condition, Nodes

# A closing bracket alone is no wildcard, but dbt then wants the whole name and not only its beginning.
_WILD: Final = frozenset("*?[]")
Text = sa.ColumnElement[Any]


def fqn_matches(nodes: Nodes, value: str) -> Condition:
    """Whether a node is called so: by its own name, or by its folders, with its package or without."""
    is_versioned = sa.and_(nodes.resource_type == "model", nodes.version.is_not(None))
    last, before = _from_end(nodes, 0), _from_end(nodes, 1)
    # The name of a versioned model is the last part but one; the version comes last.
    leaf = sa.case((is_versioned, before), else_=last)
    two = sa.and_(is_versioned, sa.func.concat(before, "_", last) == "_".join(value.split(".")[-2:]))
    return sa.and_(
        nodes.resource_type != "source", sa.or_(leaf == value, two, _by_folders(nodes, value, leaf))
    )


def _from_end(nodes: Nodes, back: int) -> Text:
    fqn: Any = nodes.fqn
    return fqn[sa.func.cardinality(fqn) - back]


def _by_folders(nodes: Nodes, value: str, leaf: Text) -> Condition:
    if _WILD.isdisjoint(value):
        return _begins(nodes, value)
    with_package, without = _joined(nodes, 1), _joined(nodes, 2)
    found = sa.or_(_whole(with_package, value), _whole(without, value))
    return found if "." in value else sa.or_(found, matches(leaf, value))


def _begins(nodes: Nodes, value: str) -> Condition:
    """No wildcards: what is named is the beginning, in whole parts."""
    fqn: Any = nodes.fqn
    if "." not in value:
        return sa.or_(*(sa.func.split_part(fqn[start], ".", 1) == value for start in (1, 2)))
    below = f"{like(value)}.%"
    return sa.or_(
        *(sa.or_(name == value, name.like(below)) for name in (_joined(nodes, 1), _joined(nodes, 2)))
    )


def _joined(nodes: Nodes, start: int) -> Text:
    fqn: Any = nodes.fqn
    return sa.func.array_to_string(fqn if start == 1 else fqn[start : sa.func.cardinality(fqn)], ".")


def _whole(name: Text, value: str) -> Condition:
    if not has_wildcards(value):
        return name == value
    if "[" not in value:
        return name.like(like_pattern(value))
    # dbt counts the dots of the pattern before it reads it, those within brackets too.
    long_enough = sa.func.cardinality(sa.func.string_to_array(name, ".")) > value.count(".")
    return sa.and_(matches(name, value), long_enough)
