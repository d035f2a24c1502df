"""What the catalog holds already, as far as an ingest has to know it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Node
from core.catalog.snapshots.models import CodeText, NodeContent
from core.catalog.values import ParsedNode
from core.kit.database import SCHEMA


@dataclass(frozen=True, slots=True)
class Known:
    """A node that is in the catalog: what it was made of."""

    content_hash: UUID
    raw_hash: UUID | None
    compiled_hash: UUID | None
    compiled_from: UUID | None
    compiled_at: datetime | None
    table_hash: UUID | None
    entry_hash: UUID
    parents: Sequence[str]
    attached_node: str | None


def fingerprints(session: Session, environment_id: int) -> dict[str, tuple[str, str | None]]:
    """By unique_id: the hash of the manifest's entry and that of the relation, as text (loads fastest)."""
    query = sa.text(
        f"select unique_id, entry_hash::text, table_hash::text from {SCHEMA}.nodes where environment_id = :id"  # noqa: S608 - a name of ours
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query, {"id": environment_id})}


def known(
    session: Session, workspace_id: int, environment_id: int, unique_ids: Collection[str]
) -> dict[str, Known]:
    """These nodes as they are in the catalog now."""
    if not unique_ids:
        return {}
    query = (
        sa.select(
            Node.unique_id,
            Node.content_hash,
            Node.raw_hash,
            Node.compiled_hash,
            Node.compiled_from,
            Node.compiled_at,
            Node.table_hash,
            Node.entry_hash,
            NodeContent.facts["parents"],
            Node.attached_node,
        )
        .join(NodeContent, _content_of(workspace_id))
        .where(Node.environment_id == environment_id, Node.unique_id == sa.func.any(list(unique_ids)))
    )
    return {row[0]: Known(*row[1:]) for row in session.execute(query)}


def _content_of(workspace_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(NodeContent.workspace_id == workspace_id, NodeContent.hash == Node.content_hash)


def bodies(session: Session, workspace_id: int, hashes: Collection[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """What the warehouse reported of relations, by hash."""
    query = sa.text(
        f"select hash, body from {SCHEMA}.warehouse_tables"  # noqa: S608 - a name of ours
        " where workspace_id = :workspace and hash = any(:hashes)"
    )
    found = session.execute(query, {"workspace": workspace_id, "hashes": list(hashes)})
    return {row[0]: row[1] for row in found}


def as_parsed(
    session: Session, workspace_id: int, environment_id: int, unique_ids: Collection[str]
) -> list[ParsedNode]:
    """Nodes out of the catalog, as if a manifest had just said them again; without compiled SQL."""
    code = sa.and_(CodeText.workspace_id == workspace_id, CodeText.hash == Node.raw_hash)
    query = (
        sa.select(Node.unique_id, NodeContent, CodeText.text, Node.raw_hash)
        .join(NodeContent, _content_of(workspace_id))
        .outerjoin(CodeText, code)
        .where(Node.environment_id == environment_id, Node.unique_id == sa.func.any(list(unique_ids)))
    )
    return [
        ParsedNode(
            unique_id=unique_id,
            facts=content.facts,
            body=content.body,
            columns=content.columns,
            raw_code=text,
            compiled_code=None,
            content_hash=content.hash,
            raw_hash=raw_hash,
            compiled_hash=None,
        )
        for unique_id, content, text, raw_hash in session.execute(query)
    ]
