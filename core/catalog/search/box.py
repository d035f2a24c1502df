"""What people type into the search box: words, dbt's selection syntax, or both."""

import re
from dataclasses import dataclass, replace
from typing import Final

from core.catalog.search import tokens
from core.catalog.selectors.parse import ABSENT, EXCLUDE, SELECT, parse
from core.catalog.selectors.spec import Method, Selector
from core.kit.text import storable

# More words than these make no search better.
MAX_WORDS: Final = 8
MAX_PARTS: Final = 12
# Text beyond this is not read; selections have a limit of their own.
MAX_LENGTH: Final = 10_000

_PIECE: Final = re.compile(r'"(?P<phrase>[^"]*)"?|(?P<bare>\S+)')
_METHOD: Final = re.compile(rf"@?(\d*\+)?({'|'.join([*Method, *ABSENT])})(\.[\w.]*)?:")
_OPERATOR: Final = re.compile(r"@.|\d*\+.|.+\+\d*\Z")
_FILES: Final = (".sql", ".py", ".csv")


@dataclass(frozen=True)
class Word:
    """Something to look for. `text` is in lower case; `parts` are what it is made of.

    `identifiers` are the same parts, joined where they are of one identifier.

    A phrase was put in quotes: its parts must stand side by side. `is_open`: as it is the last thing typed,
    it may only be the beginning of a word.
    """

    text: str
    parts: tuple[str, ...]
    identifiers: tuple[str, ...]
    is_phrase: bool = False
    is_open: bool = False

    @property
    def is_short(self) -> bool:
        """Whether it is a single letter, which nearly everything but names would match."""
        return len(self.text) == 1


@dataclass(frozen=True)
class Understood:
    """What a search asks for: nodes that match all words and that the selection means."""

    words: tuple[Word, ...] = ()
    selector_text: str | None = None
    selector: Selector | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked."""
        return not self.words and self.selector is None


def understand(typed: str | None) -> Understood:
    """Tell words from selection syntax.

    Raises:
        Invalid: what looks like a selection is none; says what, where and how to mend.
    """
    found: list[Word] = []
    selection: list[str] = []
    in_options = False
    for piece in _PIECE.finditer(storable(typed or "")[:MAX_LENGTH]):
        bare = piece["bare"]
        in_options = in_options or bare in {SELECT, EXCLUDE}
        if bare is not None and (in_options or is_selection(bare)):
            selection.append(bare.strip(",") or bare)
        elif word := make_word(bare or piece["phrase"] or "", is_phrase=bare is None):
            found.append(word)
    text = " ".join(selection) or None
    return Understood(_opened(found), text, parse(text) if text else None)


def is_selection(piece: str) -> bool:
    """Whether a piece is written in dbt's selection syntax rather than a word.

    So it is with a method (`tag:`), an operator (`+`, `@`), a wildcard, a comma in it, or a file's ending.
    """
    if _METHOD.match(piece):
        return True
    if "(" in piece or ")" in piece:
        return False
    marked = _OPERATOR.match(piece) or "*" in piece or "," in piece.strip(",")
    return bool(marked) or piece.lower().endswith(_FILES)


def make_word(text: str, *, is_phrase: bool = False) -> Word | None:
    """A word to look for; None where there is nothing in it."""
    text = " ".join(text.split())
    cut = [own for token in tokens.tokens(text) if (own := tokens.parts(token))][:MAX_WORDS]
    if not cut:
        return None
    parts = dict.fromkeys(part[: tokens.MAX_LEXEME] for own in cut for part in own[:MAX_PARTS])
    joined = dict.fromkeys(map(tokens.joined, cut))
    whole = tokens.whole(text.strip(_PUNCTUATION))
    return Word(whole, tuple(parts), tuple(joined), is_phrase=is_phrase and len(parts) > 1)


_PUNCTUATION: Final = " ,;:.!?()[]{}<>'`"


def _opened(words: list[Word]) -> tuple[Word, ...]:
    """The last word is still being typed."""
    kept = words[:MAX_WORDS]
    return tuple(replace(word, is_open=at == len(kept) - 1) for at, word in enumerate(kept))
