"""Conditions on the names of columns, as `COLUMNS(lambda c: c LIKE 'x%')` and `* LIKE 'x%'` have them."""

import fnmatch
import re
from collections.abc import Callable

from sqlglot import exp

NameTest = Callable[[str], bool]


def name_test(condition: exp.Expr, variable: str | None) -> NameTest | None:
    """The condition as a function of a name; None where it is more than comparing the name with texts.

    The name is `variable` in the condition or, without one, the star.
    """
    if isinstance(condition, exp.Paren):
        return name_test(condition.this, variable)
    if isinstance(condition, exp.Not):
        inner = name_test(condition.this, variable)
        return None if inner is None else lambda name: not inner(name)
    if isinstance(condition, exp.And | exp.Or):
        return _both(condition, variable)
    found = _compared(condition) if _is_name(condition.this, variable) else None
    return found if found is None or not condition.args.get("negate") else lambda name: not found(name)


def _both(condition: exp.Connector, variable: str | None) -> NameTest | None:
    left, right = name_test(condition.left, variable), name_test(condition.right, variable)
    if left is None or right is None:
        return None
    if isinstance(condition, exp.And):
        return lambda name: left(name) and right(name)
    return lambda name: left(name) or right(name)


def _is_name(item: object, variable: str | None) -> bool:
    if variable is None:
        return isinstance(item, exp.Star)
    return isinstance(item, exp.Identifier | exp.Column) and item.name.lower() == variable.lower()


def _compared(condition: exp.Expr) -> NameTest | None:
    if isinstance(condition, exp.In):
        texts = [item.name for item in condition.expressions if isinstance(item, exp.Literal)]
        return (lambda name: name in texts) if len(texts) == len(condition.expressions) and texts else None
    other = condition.args.get("expression")
    if not isinstance(other, exp.Literal):
        return None
    return _with_text(condition, other.name)


def _with_text(condition: exp.Expr, text: str) -> NameTest | None:
    if isinstance(condition, exp.EQ | exp.NEQ):
        wanted = isinstance(condition, exp.EQ)
        return lambda name: (name == text) is wanted
    if isinstance(condition, exp.Glob):
        return lambda name: fnmatch.fnmatchcase(name, text)
    if isinstance(condition, exp.StartsWith):
        return lambda name: name.startswith(text)
    if isinstance(condition, exp.Like | exp.ILike):
        flags = re.IGNORECASE if isinstance(condition, exp.ILike) else 0
        like = re.compile(re.escape(text).replace("%", ".*").replace("_", "."), flags)
        return lambda name: like.fullmatch(name) is not None
    if isinstance(condition, exp.SimilarTo | exp.RegexpLike | exp.RegexpFullMatch):
        pattern = re.compile(text)
        whole = not isinstance(condition, exp.RegexpLike)
        return lambda name: (pattern.fullmatch(name) if whole else pattern.search(name)) is not None
    return None
