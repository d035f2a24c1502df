"""What tells the kind and schema version of an artifact."""

import re
from typing import Any

from core.artifacts.errors import MalformedArtifact, UnsupportedArtifact

_VERSION = re.compile(r"/dbt/([a-z-]+)/v(\d+)(?:\.json)?")


def check_kind(raw: Any, name: str, kind: str) -> dict[str, Any]:
    """The same content, known to be an object of this kind."""
    metadata = raw.get("metadata") if isinstance(raw, dict) else None
    if not isinstance(metadata, dict):
        raise MalformedArtifact(f"{name} is JSON but no artifact of dbt: it has no metadata.", hint=MEND)
    version = str(metadata.get("dbt_schema_version", ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    match = _VERSION.search(version)
    if match is None:
        raise UnsupportedArtifact(f"{name} names no schema version of dbt ({version or 'none'}).", hint=MEND)
    if match[1] != kind:
        raise MalformedArtifact(f"{name} holds a {match[1]} artifact, not {kind}.", hint=MEND)
    return raw  # pyright: ignore[reportUnknownVariableType]


MEND = "Run `dbt parse` (or the command that writes the file) again; the catalog stays as it was."
