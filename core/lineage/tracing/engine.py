"""Which engine it is that reads SQL: what another one computed is computed again."""

import functools
import hashlib
from pathlib import Path

import sqlglot

import core.lineage.columns


@functools.cache
def engine_digest() -> str:
    """Of the sources of the engine and the release of the parser: no change of either is forgotten."""
    digest = hashlib.blake2b(sqlglot.__version__.encode(), digest_size=16)
    for path in sorted(Path(core.lineage.columns.__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
