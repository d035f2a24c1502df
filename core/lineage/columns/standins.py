"""Common table expressions that stand for a node, as dbt inlines ephemeral models: nobody reads their SQL."""

from collections.abc import Container, Sequence
from typing import Any, Final

from sqlglot.tokens import Token, TokenType

PREFIX: Final = "__dbt__cte__"


def without_bodies(tokens: Sequence[Any], names: Container[str], body: Sequence[Any]) -> list[Token]:
    """The tokens with `body` in place of what stands in `name AS (...)`, for each of the names.

    An inlined model is repeated in all that read it; it need not be parsed every time.
    """
    kept: list[Token] = []
    place = 0
    while place < len(tokens):
        kept.append(tokens[place])
        place += 1
        if _opens(tokens, place, names):
            kept += [tokens[place], tokens[place + 1], *body]
            place = _closing(tokens, place + 2)
    return kept


def _opens(tokens: Sequence[Token], place: int, names: Container[str]) -> bool:
    """Whether `AS (` stands here, behind one of the names."""
    return (
        place + 1 < len(tokens)
        and tokens[place].token_type is TokenType.ALIAS
        and tokens[place + 1].token_type is TokenType.L_PAREN
        and tokens[place - 1].text.lower() in names
    )


def _closing(tokens: Sequence[Token], place: int) -> int:
    """The place of the parenthesis that closes what is open before `place`."""
    depth = 1
    while place < len(tokens):
        kind = tokens[place].token_type
        depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
        if depth == 0:
            return place
        place += 1
    return place
