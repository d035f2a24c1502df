"""The quick look at a file at the door: is it what its name says, and whole?

It reads the file through once or twice without keeping it: what it costs does not depend on memory.
"""

import codecs
import mmap
from pathlib import Path
from typing import Any, Final

import msgspec

from core.artifacts.errors import MalformedArtifact
from core.artifacts.reading import check_kind
from core.kit.errors import FieldError, WorkbenchError
from core.kit.text import storable

# The files that dbt writes and the catalog is made from, and the kind that each says it is.
KINDS: Final = {
    "manifest.json": "manifest",
    "catalog.json": "catalog",
    "run_results.json": "run-results",
    "sources.json": "sources",
}
EXPECTED: Final = ", ".join(KINDS)
CHUNK: Final = 1 << 20
MEND: Final = (
    "Run the dbt command that writes the file again, and bring it anew; the catalog stays as it was."
)


class _Head(msgspec.Struct):
    """All that is kept of a file; the rest is read over, which also proves that it is JSON."""

    metadata: Any = None


def malformed(file: str, reason: str, *, hint: str = MEND) -> MalformedArtifact:
    """The refusal of a file, which it names together with the reason."""
    file, reason = storable(file), storable(reason)
    return MalformedArtifact(f"{file} {reason}.", hint=hint, details=[FieldError(file, reason)])


def check_file(path: Path, name: str, shown: str | None = None) -> None:
    """Know that a file is whole and of the kind that its name says. `shown` is what people call it.

    Raises:
        MalformedArtifact: it is empty, cut off, no JSON, or another kind of file.
        UnsupportedArtifact: it names no version of dbt's artifacts.
    """
    shown = shown or name
    if path.stat().st_size == 0:
        raise malformed(shown, "is empty")
    _check_text(path, shown)
    try:
        check_kind({"metadata": _head(path, shown).metadata}, shown, KINDS[name])
    except WorkbenchError as error:
        if not error.details:
            reason = error.message.removeprefix(f"{shown} ").removesuffix(".")
            error.details = (FieldError(storable(shown), storable(reason)),)
        raise


def _check_text(path: Path, shown: str) -> None:
    """UTF-8 without NUL: where JSON is only read over, nobody else looks."""
    decoder, at = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as data:
        while chunk := data.read(CHUNK):
            if (nul := chunk.find(b"\0")) >= 0:
                raise malformed(shown, f"is not valid JSON: it holds a NUL byte (byte {at + nul})")
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise malformed(shown, _bad_utf8(at, error)) from error
            at += len(chunk)
    if decoder.getstate()[0]:
        raise malformed(shown, "is not valid JSON: it is cut off in the middle of a character")


def _bad_utf8(at: int, error: UnicodeDecodeError) -> str:
    return f"is not valid UTF-8 near byte {at + error.start} ({error.reason})"


def _head(path: Path, shown: str) -> _Head:
    with path.open("rb") as data, mmap.mmap(data.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return msgspec.json.decode(content, type=_Head)
        except msgspec.ValidationError as error:
            reason = "is JSON but no artifact of dbt: it is not an object"
            raise malformed(shown, reason) from error
        except msgspec.DecodeError as error:
            cut = "truncated" in str(error)
            reason = "it is cut off" if cut else str(error).removeprefix("JSON is malformed: ")
            raise malformed(shown, f"is not valid JSON: {reason}") from error
        except RecursionError as error:
            raise malformed(shown, "is not valid JSON: it is nested too deeply") from error
