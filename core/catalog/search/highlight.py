"""Where a word is in a text, and the part of the text around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.catalog.search.box import Word

WIDTH: Final = 160
# So much of the excerpt comes before the match.
_BEFORE: Final = 40
# A text as long as this is cut before it is looked through.
MAX_TEXT: Final = 200_000
_MANY: Final = 20

Span = tuple[int, int]


@dataclass(frozen=True)
class Excerpt:
    """A part of a text with the places that match, counted as JavaScript counts (UTF-16)."""

    text: str
    ranges: list[list[int]]


def spans(text: str, word: Word) -> list[Span]:
    """Where a word stands in a text: as a whole, or else all of its parts; none where it does not."""
    folded = _folded(text)
    if found := _places(folded, text, word.text):
        return found
    if word.is_phrase:
        return []
    each = [_places(folded, text, part) for part in word.parts]
    return sorted(span for places in each for span in places) if all(each) else []


def _folded(text: str) -> str:
    """In lower case, every letter where it was."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def _places(folded: str, text: str, wanted: str) -> list[Span]:
    found: list[Span] = []
    at = folded.find(wanted)
    while at >= 0 and len(found) < _MANY:
        if _begins(text, at):
            found.append((at, at + len(wanted)))
        at = folded.find(wanted, at + 1)
    return found


def _begins(text: str, at: int) -> bool:
    """Whether a word, or a part of an identifier, begins here."""
    if at == 0 or not text[at - 1].isalnum():
        return True
    before, here = text[at - 1], text[at]
    return before.isdigit() != here.isdigit() or (here.isupper() and not before.isupper())


def excerpt(text: str, found: Sequence[Span]) -> Excerpt:
    """The text around the first match, in one line."""
    if len(text) <= WIDTH:
        return _cut(text, found, 0, len(text))
    start = max(0, min(found[0][0] - _BEFORE if found else 0, len(text) - WIDTH))
    return _cut(text, found, start, start + WIDTH)


def _cut(text: str, found: Sequence[Span], start: int, end: int) -> Excerpt:
    shown = "".join(" " if letter.isspace() else letter for letter in text[start:end])
    inside = [
        (max(a, start) - start, min(b, end) - start) for a, b in _merged(found) if a < end and b > start
    ]
    return Excerpt(shown, [[_units(shown, a), _units(shown, b)] for a, b in inside])


def _merged(found: Sequence[Span]) -> list[Span]:
    """The same places without overlaps."""
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _units(text: str, at: int) -> int:
    """A place in a text as JavaScript counts it."""
    return at if text.isascii() else len(text[:at].encode("utf-16-le", "surrogatepass")) // 2
