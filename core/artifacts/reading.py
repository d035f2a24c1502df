"""Reading JSON artifacts at the door: what is wrong is said there, by file and reason."""

import re
from pathlib import Path
from typing import Any

import msgspec

from core.artifacts.errors import MalformedArtifact, UnsupportedArtifact

# An escaped NUL: its backslash is not itself escaped.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_VERSION = re.compile(r"/dbt/([a-z-]+)/v(\d+)(?:\.json)?")


def read_artifact(path: Path, kind: str, name: str) -> dict[str, Any]:
    """The content of an artifact, known to be of this kind (`manifest`, `run-results`, `catalog`, `sources`).

    `name` is what people call the file; in the store it has another.

    Raises:
        MalformedArtifact: not JSON, not an object, or another kind of file.
        UnsupportedArtifact: an artifact without a version we know how to read.
    """
    try:
        raw = msgspec.json.decode(_without_nul(path.read_bytes()))
    except FileNotFoundError as error:
        raise MalformedArtifact(f"{name} is missing.", hint=_MEND) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedArtifact(f"{name} is not valid JSON: {error}.", hint=_MEND) from error
    return check_kind(raw, name, kind)


def _without_nul(content: bytes) -> bytes:
    """PostgreSQL keeps no NUL in a text: the replacement character stands for it."""
    return _NUL.sub(rb"\1\\ufffd", content) if rb"\u0000" in content else content


def check_kind(raw: Any, name: str, kind: str) -> dict[str, Any]:
    """The same content, known to be an object of this kind."""
    metadata = raw.get("metadata") if isinstance(raw, dict) else None
    if not isinstance(metadata, dict):
        raise MalformedArtifact(f"{name} is JSON but no artifact of dbt: it has no metadata.", hint=_MEND)
    version = str(metadata.get("dbt_schema_version", ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    match = _VERSION.search(version)
    if match is None:
        raise UnsupportedArtifact(f"{name} names no schema version of dbt ({version or 'none'}).", hint=_MEND)
    if match[1] != kind:
        raise MalformedArtifact(f"{name} holds a {match[1]} artifact, not {kind}.", hint=_MEND)
    return raw  # pyright: ignore[reportUnknownVariableType]


_MEND = "Run `dbt parse` (or the command that writes the file) again; the catalog stays as it was."
