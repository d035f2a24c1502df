"""Where in the SQL an expression stands, as offsets [start, end)."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any, Final

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from core.lineage.columns.values import Span

_OPEN: Final = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSE: Final = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
# Between these stands an item of a list or a condition.
_BEFORE: Final = frozenset(
    {
        TokenType.COMMA,
        TokenType.SELECT,
        TokenType.DISTINCT,
        TokenType.ALL,
        TokenType.WHERE,
        TokenType.HAVING,
        TokenType.QUALIFY,
        TokenType.ON,
        TokenType.GROUP_BY,
        TokenType.ORDER_BY,
        TokenType.PARTITION_BY,
        TokenType.FROM,
        TokenType.SEMICOLON,
    }
)
_AFTER: Final = frozenset(
    {
        TokenType.COMMA,
        TokenType.FROM,
        TokenType.WHERE,
        TokenType.HAVING,
        TokenType.QUALIFY,
        TokenType.GROUP_BY,
        TokenType.ORDER_BY,
        TokenType.UNION,
        TokenType.EXCEPT,
        TokenType.INTERSECT,
        TokenType.LIMIT,
        TokenType.JOIN,
        TokenType.INNER,
        TokenType.LEFT,
        TokenType.RIGHT,
        TokenType.FULL,
        TokenType.CROSS,
        TokenType.LATERAL,
        TokenType.WINDOW,
        TokenType.SEMICOLON,
    }
)
# A star names what it leaves out after its own place.
_STAR_WORDS: Final = frozenset({"EXCEPT", "EXCLUDE", "REPLACE", "RENAME", "ILIKE"})


class Spans:
    """Spans of the expressions of one parsed text.

    The parser places names and literals; the rest of an expression stands between the tokens around them.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._starts = [token.start for token in tokens]
        self._known: dict[int, Span | None] = {}

    def of(self, expression: exp.Expr | None) -> Span | None:
        """Where the expression stands; the whole text where the parser placed nothing in it."""
        if expression is None:
            return self._whole()
        key = id(expression)
        if key not in self._known:
            self._known[key] = self._find(expression) or self._whole()
        return self._known[key]

    def _whole(self) -> Span | None:
        return (self._tokens[0].start, self._tokens[-1].end + 1) if self._tokens else None

    def _find(self, expression: exp.Expr) -> Span | None:
        placed = _placed(expression)
        if placed is None:
            return None
        first = max(bisect_right(self._starts, placed[0]) - 1, 0)
        last = max(bisect_left(self._starts, placed[1] + 1) - 1, first)
        first = self._leftwards(first, self._unopened(first, last))
        last = self._rightwards(first, last)
        return self._tokens[first].start, self._tokens[last].end + 1

    def _unopened(self, first: int, last: int) -> int:
        """How many parentheses close in here that open further left."""
        depth, lowest = 0, 0
        for token in self._tokens[first : last + 1]:
            depth += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
            lowest = min(lowest, depth)
        return -lowest

    def _leftwards(self, first: int, depth: int) -> int:
        while first > 0:
            kind = self._tokens[first - 1].token_type
            if kind in _CLOSE:
                depth += 1
            elif kind in _OPEN:
                if depth == 0:
                    break
                depth -= 1
            elif depth == 0 and kind in _BEFORE:
                break
            first -= 1
        return first

    def _rightwards(self, first: int, last: int) -> int:
        depth = 0
        for token in self._tokens[first : last + 1]:
            depth += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
        while last + 1 < len(self._tokens):
            token = self._tokens[last + 1]
            kind = token.token_type
            if kind in _CLOSE:
                if depth <= 0:
                    break
                depth -= 1
            elif kind in _OPEN:
                depth += 1
            elif depth <= 0 and kind in _AFTER and token.text.upper() not in _STAR_WORDS:
                break
            last += 1
        return last


def _placed(expression: exp.Expr) -> Span | None:
    """From the first to the last placed part."""
    start, end = -1, -1
    for node in expression.walk():
        meta: dict[str, Any] = node.meta
        if "start" in meta:
            start = meta["start"] if start < 0 else min(start, meta["start"])
            end = max(end, meta["end"])
    return None if start < 0 else (start, end)
