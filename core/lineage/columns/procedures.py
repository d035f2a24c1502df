"""Procedures: the last statement in the body that gives columns, found by where statements begin and end."""

from collections.abc import Sequence
from typing import Final

from sqlglot.tokens import Token, TokenType

_HEAD: Final = frozenset({"PROCEDURE", "PROC"})
_GIVING: Final = frozenset({"INSERT", "MERGE", "CREATE", "WITH"})
# After one of these, or at the start of a line's first word, a statement begins.
_BEFORE: Final = frozenset({"BEGIN", "THEN", "ELSE", "AS", "LOOP", "DO", ";"})
_ENDS: Final = frozenset({"END", "EXCEPTION"})


def is_procedure(tokens: Sequence[Token]) -> bool:
    """Whether the text makes a procedure."""
    head = [token.text.upper() for token in tokens[:5]]
    return bool(head) and head[0] in {"CREATE", "ALTER"} and not _HEAD.isdisjoint(head)


def last_statement(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens of the last statement of the body that writes to a table; none where there is none."""
    starts = [
        place
        for place in range(6, len(tokens))
        if tokens[place].text.upper() in _GIVING and tokens[place - 1].text.upper() in _BEFORE
    ]
    return tokens[starts[-1] : _end(tokens, starts[-1])] if starts else []


def _end(tokens: Sequence[Token], start: int) -> int:
    """Where the statement ends: at a semicolon, or where the block around it does."""
    cases = 0
    for place in range(start, len(tokens)):
        word = tokens[place].text.upper()
        cases += tokens[place].token_type is TokenType.CASE
        if tokens[place].token_type is TokenType.SEMICOLON:
            return place
        if word in _ENDS and cases == 0:
            return place
        cases -= word == "END"
    return len(tokens)
