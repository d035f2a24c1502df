"""JSON artifacts read in parts: the file is mapped into memory, and each entry decoded when it is its turn.

A manifest can be hundreds of megabytes; as Python objects it would be a multiple of that.
"""

import json
import mmap
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from core.artifacts.errors import MalformedArtifact
from core.artifacts.reading import MEND, check_kind

# An escaped NUL: its backslash is not itself escaped.
_NUL: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_DECODE_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
Sections = Mapping[str, msgspec.Raw]


class RawFile:
    """The top level of an artifact, each value still as its bytes."""

    def __init__(self, name: str, sections: Sections, metadata: Mapping[str, Any], *, has_nul: bool) -> None:
        self.name = name
        self.sections = sections
        self.metadata = metadata
        self._has_nul = has_nul

    def entries(self, section: str) -> dict[str, msgspec.Raw]:
        """The entries of a section that is an object, by key; empty where the section is missing or null.

        Raises:
            MalformedArtifact: it is no object, or holds the same key twice.
        """
        raw = self.sections.get(section)
        if raw is None or bytes(memoryview(raw)[:4]) == b"null":
            return {}
        try:
            found = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        except _DECODE_ERRORS as error:
            raise MalformedArtifact(f"{self.name}: {section!r} is not valid: {error}.", hint=MEND) from error
        self._refuse_duplicates(section, raw, found)
        return found

    def decode(self, raw: msgspec.Raw, where: str) -> Any:
        """The value of an entry. PostgreSQL keeps no NUL in a text: the replacement character stands for it.

        Raises:
            MalformedArtifact: it is not valid.
        """
        content: Any = raw
        if self._has_nul and (data := bytes(raw)).find(b"\\u0000") >= 0:
            content = _NUL.sub(rb"\1\\ufffd", data)
        try:
            return msgspec.json.decode(content)
        except _DECODE_ERRORS as error:
            raise MalformedArtifact(f"{self.name}: {where} is not valid: {error}.", hint=MEND) from error

    def _refuse_duplicates(self, section: str, raw: msgspec.Raw, found: Mapping[str, msgspec.Raw]) -> None:
        """A key that comes twice would silently lose one of the two.

        As dbt writes it, the length of the section tells whether something is missing; only otherwise is the
        section read a second time.
        """
        content = memoryview(raw).nbytes
        inside = sum(len(key) + memoryview(value).nbytes for key, value in found.items())
        if not found or content - inside in {6 * len(found), 4 * len(found) + 1}:
            return
        for key in _keys_twice(bytes(raw)):
            raise MalformedArtifact(f"{self.name} names {key} twice in {section!r}.", hint=MEND)


def _keys_twice(content: bytes) -> list[str]:
    """Keys of the outermost object that occur more than once."""
    top: list[list[tuple[str, Any]]] = []

    def keep(pairs: list[tuple[str, Any]]) -> None:
        top[:] = [pairs]

    json.loads(content, object_pairs_hook=keep)
    seen: set[str] = set()
    return [key for key, _ in (top[0] if top else []) if key in seen or seen.add(key)]


def open_raw(path: Path, kind: str, name: str) -> RawFile:
    """Open an artifact of a kind (`manifest`, `run-results`, `catalog`, `sources`).

    `name` is what people call the file; in the store it has another. The file must not shrink while it is
    in use, which those in the store never do.

    Raises:
        MalformedArtifact: missing, empty, not JSON, not an object, or another kind of file.
        UnsupportedArtifact: it names no schema version of dbt.
    """
    content = _mapped(path, name)
    try:
        sections = _sections(content)
        metadata = msgspec.json.decode(sections["metadata"]) if "metadata" in sections else None
    except _DECODE_ERRORS as error:
        raise MalformedArtifact(f"{name} is not valid JSON: {error}.", hint=MEND) from error
    known: Mapping[str, Any] = check_kind({"metadata": metadata}, name, kind)["metadata"]
    return RawFile(name, sections, known, has_nul=content.find(b"\\u0000") >= 0)


def _sections(content: mmap.mmap) -> Sections:
    """The top level; nothing where the content is JSON but no object."""
    try:
        return msgspec.json.decode(memoryview(content), type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        msgspec.json.decode(memoryview(content), type=msgspec.Raw)
        return {}


def _mapped(path: Path, name: str) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as error:
        raise MalformedArtifact(f"{name} is missing.", hint=MEND) from error
    except ValueError as error:  # nothing can be mapped of an empty file
        raise MalformedArtifact(f"{name} is empty.", hint=MEND) from error
