"""Typed values that artifacts are parsed into before they reach the catalog."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


def source_hash(raw_code: str | None) -> str:
    """Names the source that SQL was compiled from."""
    return hashlib.sha256((raw_code or "").encode()).hexdigest()


@dataclass(frozen=True)
class ParsedColumn:
    """A column that the project declares."""

    name: str
    position: int
    data_type: str | None
    description: str
    tags: list[str]


@dataclass(frozen=True)
class ParsedNode:
    """A node of the manifest. `fields` are values for the row of the node, by column."""

    unique_id: str
    fields: Mapping[str, Any]
    columns: list[ParsedColumn]
    parents: list[str]
    compiled_code: str | None
    content_hash: str


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


@dataclass(frozen=True)
class CatalogColumn:
    """A column as the warehouse reported it."""

    name: str
    position: int
    data_type: str | None
