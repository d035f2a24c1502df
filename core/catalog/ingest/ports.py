"""What an ingest reads from: a manifest and a catalog.json, wherever they come from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from core.catalog.values import ParsedNode


class Entry(Protocol):
    """A node, not decoded yet. `hash` is the same only while nothing of it changed."""

    @property
    def unique_id(self) -> str:
        """The node's unique_id."""
        ...

    @property
    def hash(self) -> UUID:
        """Of everything that is said of it."""
        ...


class Nodes(Protocol):
    """The nodes of a manifest."""

    def entries(self) -> Iterator[Any]:
        """Every `Entry`."""
        ...

    def parse(self, entry: Any) -> ParsedNode | None:
        """The node of one of these entries; None for what is no node after all."""
        ...


class Tables(Protocol):
    """The relations of a catalog.json."""

    def hashes(self) -> Mapping[str, UUID]:
        """What is said of each, by unique_id."""
        ...

    def body(self, unique_id: str) -> Mapping[str, Any]:
        """`columns` (a list, in order), `stats` and `metadata` of one."""
        ...


@dataclass(frozen=True)
class Target:
    """Where an ingest goes, and the moment that what it brings speaks of."""

    workspace_id: int
    environment_id: int
    snapshot_id: int
    at: datetime


@dataclass(frozen=True)
class Changes:
    """How many nodes an ingest added, changed and removed.

    `touched` are all whose row was written, those that went, and those that lost a test.
    """

    added: int = 0
    changed: int = 0
    removed: int = 0
    touched: frozenset[str] = frozenset()
    shape: bool = False

    @property
    def any(self) -> bool:
        """Whether anything was written at all."""
        return bool(self.touched or self.removed)
