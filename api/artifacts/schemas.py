"""Drops as JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from core.artifacts.drops import DropView
from core.artifacts.models import DropState


class UploadQuery(BaseModel):
    """Where an upload belongs, and what it is called."""

    environment: str | None = Field(
        default=None, max_length=100, description="Key of an environment; the default one if left out."
    )
    create_environment: bool = Field(default=False, description="Make the environment if there is none.")
    label: str = Field(default="", max_length=500, description="What people know it by, such as a commit.")
    name: str | None = Field(
        default=None, max_length=200, description="Name of the file, for a body that is one file."
    )


class DropFileOut(BaseModel):
    """A file of a drop. `problem`: why it was refused at the door."""

    name: str
    size: int | None
    digest: str | None
    problem: str | None = None


class DropRecordOut(BaseModel):
    """What the ingest made of a file: how many nodes it added, changed and removed."""

    name: str
    outcome: str
    message: str | None
    added: int
    changed: int
    removed: int


class DropOut(BaseModel):
    """What somebody brought, and what became of it.

    `superseded`: taken in, but a newer state of the project was known already. `run_id` is Dagster's, of the
    ingest. `records` is empty in lists.
    """

    id: int
    environment: str
    source: str = Field(description="upload, folder or bucket")
    label: str
    digest: str | None
    files: list[DropFileOut]
    size: int
    state: DropState
    reason: str | None
    hint: str | None
    attempt: int
    actor: str | None
    received_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    run_id: str | None
    snapshot_id: int | None
    records: list[DropRecordOut]

    @classmethod
    def of(cls, view: DropView) -> Self:
        """From the tables."""
        drop = view.drop
        names = cls.model_fields.keys() - {"environment", "files", "records"}
        return cls(
            environment=view.environment,
            files=[DropFileOut.model_validate(item) for item in drop.files],
            records=[DropRecordOut.model_validate(row, from_attributes=True) for row in view.records],
            **{name: getattr(drop, name) for name in names},
        )


class DropList(BaseModel):
    """One page of drops, newest first."""

    items: list[DropOut]
    total: int | None
    next_cursor: str | None


class FileInEffectOut(BaseModel):
    """The file that the catalog shows, and what brought it: a run, a drop, or neither (a parse at start).

    `at` is when dbt wrote it.
    """

    digest: str
    at: datetime | None
    ingested_at: datetime | None
    origin: str | None
    run_id: str | None
    drop_id: int | None


class FileRefusedOut(BaseModel):
    """The last file of its kind that was refused after the one in effect."""

    at: datetime
    reason: str | None
    run_id: str | None
    drop_id: int | None


class FileStatusOut(BaseModel):
    """A kind of file: what is in effect, if any ever came, and whether a newer one was refused."""

    name: str
    in_effect: FileInEffectOut | None
    refused: FileRefusedOut | None


class ArtifactStatusOut(BaseModel):
    """The files behind the catalog of an environment. `environment` is null where there is none yet."""

    environment: str | None
    files: list[FileStatusOut]


class PlaceOut(BaseModel):
    """A place in which drops are looked for. `waiting`: seen there, and not known to be complete yet."""

    kind: str
    address: str
    looked_at: datetime | None
    problem: str | None
    waiting: int


class PlaceList(BaseModel):
    """Every place of a workspace."""

    items: list[PlaceOut]
    total: int
    next_cursor: str | None = None

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> Self:
        """From what is known of each."""
        return cls(items=[PlaceOut.model_validate(row) for row in rows], total=len(rows))
