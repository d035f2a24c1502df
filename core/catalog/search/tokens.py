"""Identifiers and prose, cut into the words that people look for.

`fct_dailyRevenue2024` is found as a whole and by `fct`, `daily`, `revenue` and `2024`.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

# PostgreSQL takes lexemes of up to 2,046 bytes; nobody looks for a word as long as this one.
MAX_LEXEME: Final = 200

_TOKEN: Final = re.compile(r"\w+")
_PIECE: Final = re.compile(r"[^\W\d_]+|\d+")
# Blanks for everything that is part of no word: several times as fast as a regular expression.
_BLANKS: Final = bytes(byte if chr(byte).isalnum() or byte in b"_" else 32 for byte in range(128)) + bytes(
    128
)


def whole(text: str) -> str:
    """A name as one lexeme."""
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    return text.lower()[:MAX_LEXEME]


def tokens(text: str) -> list[str]:
    """The words of a text as they are written; an identifier is one word."""
    if text.isascii():
        return text.encode().translate(_BLANKS).decode().split()
    return _TOKEN.findall(unicodedata.normalize("NFC", text))


def parts(token: str) -> list[str]:
    """A token cut at underscores, at changes of case, and between letters and digits."""
    return [piece.lower() for part in token.split("_") if part for piece in _pieces(part)]


def _pieces(part: str) -> list[str]:
    """`v2` stays as it is: letters that stand alone say nothing."""
    cut = [hump for run in _PIECE.findall(part) for hump in _humps(run)]
    return cut if all(len(piece) > 1 for piece in cut) else [part]


def _humps(run: str) -> list[str]:
    """`dailyRevenue` and `HTTPServer` are two words each."""
    if run.islower() or run.isupper() or len(run) < 3:
        return [run]
    starts = [0, *(at for at in range(1, len(run)) if _begins(run, at)), len(run)]
    return [run[start:end] for start, end in pairwise(starts)]


def _begins(run: str, at: int) -> bool:
    ends_acronym = run[at - 1].isupper() and run[at + 1 : at + 2].islower()
    return run[at].isupper() and (run[at - 1].islower() or ends_acronym)


@lru_cache(maxsize=100_000)
def lexemes(token: str) -> frozenset[str]:
    """Everything that one token is found by."""
    if token.islower() and token.isalpha():
        return frozenset((token[:MAX_LEXEME],))
    found = {piece for part in token.split("_") for piece in (part, *_pieces(part)) if len(piece) > 1}
    return frozenset(text.lower()[:MAX_LEXEME] for text in (token, *found))


@lru_cache(maxsize=100_000)
def endings(token: str) -> frozenset[str]:
    """An identifier from each of its parts to its end.

    So `daily_rev` finds `fct_daily_revenue`, but not two columns `daily` and `revenue`.
    """
    if token.islower() and token.isalpha():
        return frozenset((token[:MAX_LEXEME],))
    cut = parts(token)
    return frozenset((token.lower()[:MAX_LEXEME], *(joined(cut[at:]) for at in range(len(cut)))))


def joined(cut: Sequence[str]) -> str:
    """Parts put together again, however they were written."""
    return "_".join(cut)[:MAX_LEXEME]


@lru_cache(maxsize=100_000)
def of_name(name: str) -> frozenset[str]:
    """Everything that a name is found by; it may hold dots, dashes and blanks."""
    return frozenset((whole(name),)).union(*map(lexemes, tokens(name)))


@lru_cache(maxsize=100_000)
def _of_column(name: str) -> frozenset[str]:
    return frozenset((whole(name),)).union(*map(endings, tokens(name)))


def of_columns(names: Iterable[str]) -> set[str]:
    """Everything that columns are found by."""
    return set[str]().union(*map(_of_column, names))


def of_tags(tags: Iterable[str]) -> set[str]:
    """Everything that tags are found by."""
    return set[str]().union(*map(of_name, tags))


def of_text(text: str) -> set[str]:
    """Everything that prose is found by."""
    return set[str]().union(*map(endings, set(tokens(text))))


def of_code(text: str) -> set[str]:
    """Everything that code is found by: its words and identifiers; numbers and single letters say nothing."""
    return set[str]().union(
        *(endings(token) for token in set(tokens(text)) if len(token) > 1 and not token[0].isdigit())
    )
