"""Typed values that artifacts are parsed into before they reach the catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

TEST_TYPES: Final = ("test", "unit_test")


@dataclass(frozen=True, slots=True)
class ParsedNode:
    """A node of the manifest.

    `facts` are the values of its row in `nodes` (those that come from the manifest) and what else is asked of
    it often: `parents`, `macros`, `source_name`, `source_table`, `patch_path`, `alias`. `body` is the rest of
    the entry, with fields that nobody knows here; `columns` the declared columns.
    """

    unique_id: str
    facts: Mapping[str, Any]
    body: Mapping[str, Any]
    columns: Sequence[Mapping[str, Any]]
    raw_code: str | None
    compiled_code: str | None
    content_hash: UUID
    raw_hash: UUID | None
    compiled_hash: UUID | None

    @property
    def parents(self) -> Sequence[str]:
        """unique_ids that it reads."""
        return self.facts["parents"]


@dataclass(frozen=True)
class Freshness:
    """One entry of sources.json."""

    unique_id: str
    status: str
    max_loaded_at: datetime | None
    snapshotted_at: datetime | None
    age_seconds: float | None
    message: str | None
    execution_time: float | None
