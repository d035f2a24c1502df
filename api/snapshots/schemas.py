"""Snapshots and what differs between them, as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from core.catalog.snapshots.compare import Change
from core.catalog.snapshots.diff import Difference, Item
from core.catalog.snapshots.models import Snapshot
from core.catalog.snapshots.texts import OF_CODE


class SnapshotRef(BaseModel):
    """Just enough of a snapshot to link to it."""

    id: int
    at: datetime
    ingested_at: datetime
    origin: Literal["run", "parse", "upload", "folder", "bucket"]
    run_id: str | None
    drop_id: int | None

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """From the table."""
        return cls.model_validate(snapshot, from_attributes=True)


class SnapshotOut(SnapshotRef):
    """The catalog after one ingest, and how many nodes that ingest changed."""

    nodes: int
    added: int
    changed: int
    removed: int
    dbt_version: str | None
    adapter_type: str | None
    is_current: bool

    @classmethod
    def of_list(cls, snapshot: Snapshot, current: int | None) -> Self:
        """From the table; `current` is the snapshot that the catalog is at."""
        names = cls.model_fields.keys() - {"is_current"}
        return cls(**{name: getattr(snapshot, name) for name in names}, is_current=snapshot.id == current)


class SnapshotList(BaseModel):
    """One page of snapshots, newest first."""

    items: list[SnapshotOut]
    total: int
    next_cursor: str | None


class ChangeOut(BaseModel):
    """One difference of a node. Of code, `before` and `after` are the texts, null where there was none.

    `why` says what a breaking one breaks.
    """

    aspect: str
    what: str
    before: Any
    after: Any
    breaking: bool
    why: str | None

    @classmethod
    def of(cls, change: Change, texts: Mapping[str, str]) -> Self:
        """From a comparison, and the texts that it refers to."""
        before, after = change.before, change.after
        if change.aspect in OF_CODE:
            before, after = texts.get(str(before)), texts.get(str(after))
        return cls(
            aspect=change.aspect,
            what=change.what,
            before=before,
            after=after,
            breaking=change.breaking,
            why=change.why,
        )


class DifferenceItem(BaseModel):
    """A node that differs; `reasons` say what it breaks."""

    unique_id: str
    name: str
    resource_type: str
    kind: Literal["added", "removed", "renamed", "changed"]
    renamed_from: str | None
    breaking: bool
    reasons: list[str]
    changes: list[ChangeOut]

    @classmethod
    def of(cls, item: Item, texts: Mapping[str, str]) -> Self:
        """From a comparison."""
        return cls(
            unique_id=item.unique_id,
            name=item.name,
            resource_type=item.resource_type,
            kind=item.kind,  # pyright: ignore[reportArgumentType]
            renamed_from=item.renamed_from,
            breaking=item.breaking,
            reasons=list(item.reasons),
            changes=[ChangeOut.of(change, texts) for change in item.changes],
        )


class DifferenceSummary(BaseModel):
    """How many nodes differ, by kind; and how many of all break something."""

    added: int
    removed: int
    renamed: int
    changed: int
    breaking: int

    @classmethod
    def of(cls, found: Difference) -> Self:
        """Of the whole, whatever the filter."""
        return cls(**found.summary())


class DifferenceOut(BaseModel):
    """One page of what differs between two snapshots. Totals of `summary` are of the whole."""

    from_: SnapshotRef = Field(alias="from")
    to: SnapshotRef
    summary: DifferenceSummary
    items: list[DifferenceItem]
    total: int
    next_cursor: str | None


class TurnOut(BaseModel):
    """A snapshot in which a node came, changed or went."""

    snapshot: SnapshotRef
    kind: Literal["added", "changed", "removed"]
    changes: list[ChangeOut]


class TurnList(BaseModel):
    """What became of a node, newest first, as far back as snapshots are kept."""

    items: list[TurnOut]
    total: int
    next_cursor: str | None
