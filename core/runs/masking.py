"""Taking secrets out of whatever dbt writes: its output, line by line, and the files that it leaves."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

MASK: Final = "***"
# A line of a longer secret stands for it: dbt may write them one by one.
SHORTEST_LINE: Final = 8
# Whoever reads them needs every byte where it was, so they are removed instead of masked.
BINARY: Final = frozenset({".msgpack", ".gpickle", ".pickle", ".duckdb", ".parquet", ".zip", ".gz"})
LONGEST_IN_MEMORY: Final = 1 << 30


class Masker:
    """Replaces secrets by `***`, also as JSON, Python or an address would spell them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        # The longest first: one secret may be a part of another.
        self._texts = sorted(forms, key=len, reverse=True)
        self._needles = [text.encode("utf-8", "surrogatepass") for text in self._texts]

    def __bool__(self) -> bool:
        return bool(self._needles)

    def mask(self, raw: bytes) -> bytes:
        """The same bytes without secrets."""
        for needle in self._needles:
            if needle in raw:
                raw = raw.replace(needle, MASK.encode())
        return raw

    def mask_text(self, text: str) -> str:
        """The same text without secrets."""
        for form in self._texts:
            text = text.replace(form, MASK)
        return text

    def holds_secret(self, raw: bytes) -> bool:
        """Whether a secret is in there."""
        return any(needle in raw for needle in self._needles)

    def clean_folder(self, folder: Path) -> None:
        """Take secrets out of every file below; binary ones that hold any are removed."""
        if self:
            for path in _files(folder):
                self._clean_file(path)

    def _clean_file(self, path: Path) -> None:
        if path.stat().st_size > LONGEST_IN_MEMORY:
            path.unlink()  # nobody can tell
            return
        raw = path.read_bytes()
        if not self.holds_secret(raw):
            return
        if path.suffix in BINARY:
            path.unlink()
            return
        scratch = path.with_name(f"{path.name}.masked")
        scratch.write_bytes(self.mask(raw))
        scratch.replace(path)


def _forms(secret: str) -> Iterator[str]:
    for text in {secret, secret.strip(), *_lines(secret)}:
        if text:
            yield from _spellings(text)


def _lines(secret: str) -> list[str]:
    lines = [line.strip() for line in secret.splitlines()]
    return [line for line in lines if len(line) >= SHORTEST_LINE] if len(lines) > 1 else []


def _spellings(text: str) -> Iterator[str]:
    yield text
    for is_ascii in (True, False):
        once = json.dumps(text, ensure_ascii=is_ascii)[1:-1]
        yield once
        # JSON in a text that is in JSON again, as in dbt's own log of its arguments.
        yield json.dumps(once, ensure_ascii=is_ascii)[1:-1]
        yield json.dumps(repr(text)[1:-1], ensure_ascii=is_ascii)[1:-1]
    yield repr(text)[1:-1]
    yield quote(text, safe="")
    yield quote_plus(text)


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():
                yield path
