"""What lineage is computed from: the nodes of the catalog as they are now, with their SQL."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.catalog.models import LineageEdge, Node
from core.catalog.snapshots.models import CodeText, NodeContent, Snapshot, WarehouseTable
from core.catalog.values import ParsedNode
from core.lineage.columns.known import Known
from core.lineage.columns.nodes import KINDS, KnownFrom, ProjectNode, node_of
from core.lineage.columns.relations import dialect_of, name_parts
from core.lineage.columns.values import Status
from core.lineage.models import ColumnEdge, LineageColumn, NodeLineageVersion
from core.lineage.tracing.engine import engine_digest

INCREMENTAL: Final = "is_incremental"


@dataclass(frozen=True)
class Place:
    """Whose lineage, as of which snapshot, in which dialect of SQL."""

    workspace_id: int
    environment_id: int
    snapshot_id: int
    dialect: str


@dataclass(frozen=True, slots=True)
class Light:
    """A node, without what is large. `older_code`: its SQL was compiled from other code than it has now."""

    unique_id: str
    kind: str
    name: str
    relation: tuple[str, ...]
    materialization: str
    language: str
    input_hash: UUID
    code_hash: UUID | None
    older_code: bool

    def fixed(self) -> ProjectNode:
        """The node as others read it."""
        return ProjectNode(
            self.unique_id, self.kind, self.name, self.relation, materialization=self.materialization
        )


@dataclass(frozen=True)
class Plan:
    """What there is to do for one snapshot. `is_other`: nodes came or went."""

    place: Place
    nodes: Mapping[str, Light]
    changed: Sequence[str]
    removed: Sequence[str]
    is_other: bool


@dataclass(frozen=True)
class Full:
    """Nodes with their SQL, and what catalog.json says of their columns."""

    nodes: Sequence[ProjectNode]
    catalog: Mapping[str, Sequence[str]]


def place_of(session: Session, workspace_id: int, environment_id: int, snapshot_id: int) -> Place:
    """With the dialect of the adapter that the newest manifest names."""
    adapter = session.scalar(
        sa.select(Snapshot.adapter_type)
        .where(Snapshot.environment_id == environment_id, Snapshot.adapter_type.is_not(None))
        .order_by(Snapshot.id.desc())
        .limit(1)
    )
    return Place(workspace_id, environment_id, snapshot_id, dialect_of(adapter))


def light_nodes(session: Session, place: Place) -> dict[str, Light]:
    """Every node that can have columns, by unique_id."""
    rows = session.execute(
        sa.select(
            Node.unique_id,
            Node.resource_type,
            Node.name,
            Node.relation_name,
            Node.database_name,
            Node.schema_name,
            Node.materialization,
            Node.language,
            Node.content_hash,
            Node.raw_hash,
            Node.compiled_hash,
            Node.compiled_from,
            Node.table_hash,
        ).where(Node.environment_id == place.environment_id, Node.resource_type.in_(KINDS))
    )
    seed = f"{engine_digest()}\0{place.dialect}".encode()
    return {row[0]: _light(seed, *row) for row in rows}


def _light(  # noqa: PLR0913, PLR0917 - a row
    seed: bytes,
    unique_id: str,
    kind: str,
    name: str,
    relation_name: str | None,
    database: str | None,
    schema: str | None,
    materialization: str | None,
    language: str | None,
    content_hash: UUID,
    raw_hash: UUID | None,
    compiled_hash: UUID | None,
    compiled_from: UUID | None,
    table_hash: UUID | None,
) -> Light:
    own = unique_id.split(".", 2)[-1] if kind == "model" else name
    parts = tuple(part for part in (database, schema, name) if part)
    digest = hashlib.blake2b(seed, digest_size=16)
    for of in (content_hash, raw_hash, compiled_hash, compiled_from, table_hash):
        digest.update(of.bytes if of else b"-")
    return Light(
        unique_id,
        kind,
        own,
        name_parts(relation_name) if relation_name else parts,
        materialization or "",
        language or "sql",
        UUID(bytes=digest.digest()),
        compiled_hash,
        compiled_hash is not None and compiled_from is not None and compiled_from != raw_hash,
    )


def full_nodes(session: Session, place: Place, unique_ids: Collection[str]) -> Full:
    """These nodes with all that lineage is computed from."""
    nodes: list[ProjectNode] = []
    catalog: dict[str, Sequence[str]] = {}
    for unique_id, content, sql, incremental, reported in session.execute(_full_query(place, unique_ids)):
        node = node_of(_as_parsed(unique_id, content, sql, INCREMENTAL if incremental else ""))
        if node is not None:
            nodes.append(node)
        if reported:
            catalog[unique_id] = [str(column["name"]) for column in reported]
    return Full(nodes, catalog)


def _full_query(place: Place, unique_ids: Collection[str]) -> sa.Select[Any, Any, Any, Any, Any]:
    compiled, raw, table = aliased(CodeText), aliased(CodeText), WarehouseTable
    content = (NodeContent.facts, NodeContent.body["config"], NodeContent.columns)

    def of(kept: Any, key: Any) -> sa.ColumnElement[bool]:
        return sa.and_(kept.workspace_id == place.workspace_id, kept.hash == key)

    return (
        sa.select(
            Node.unique_id,
            sa.func.jsonb_build_array(*content),
            compiled.text,
            sa.func.strpos(raw.text, INCREMENTAL) > 0,
            table.body["columns"],
        )
        .join(NodeContent, of(NodeContent, Node.content_hash))
        .outerjoin(compiled, of(compiled, Node.compiled_hash))
        .outerjoin(raw, of(raw, Node.raw_hash))
        .outerjoin(table, of(table, Node.table_hash))
        .where(Node.environment_id == place.environment_id, Node.unique_id == sa.func.any(list(unique_ids)))
    )


def _as_parsed(unique_id: str, content: Sequence[Any], sql: str | None, raw: str) -> ParsedNode:
    facts, config, columns = content
    nothing = UUID(int=0)
    return ParsedNode(unique_id, facts, {"config": config}, columns, raw, sql, nothing, None, None)


def known_before(session: Session, place: Place, unique_ids: Collection[str]) -> dict[str, Known]:
    """The columns of these nodes, as they were computed before."""
    version = NodeLineageVersion
    rows = session.execute(
        sa.select(version.unique_id, version.columns, version.complete).where(
            version.environment_id == place.environment_id,
            version.unique_id == sa.func.any(list(unique_ids)),
            version.valid_to.is_(None),
        )
    )
    found = {unique_id: known_of(columns, complete) for unique_id, columns, complete in rows}
    return {unique_id: found.get(unique_id, Known()) for unique_id in unique_ids}


def known_well(session: Session, place: Place, unique_ids: Collection[str]) -> list[str]:
    """Those of these nodes whose SQL could be read before."""
    version = NodeLineageVersion
    query = sa.select(version.unique_id).where(
        version.environment_id == place.environment_id,
        version.unique_id == sa.func.any(list(unique_ids)),
        version.valid_to.is_(None),
        sa.or_(
            version.kept_since.is_not(None),
            version.status.in_((Status.COMPLETE.value, Status.PARTIAL.value)),
        ),
    )
    return list(session.scalars(query)) if unique_ids else []


def known_of(columns: Sequence[Mapping[str, Any]], complete: bool) -> Known:  # noqa: FBT001 - a row
    """What readers are told of a node."""
    listed = {c["name"]: KnownFrom(c["known_from"]) for c in columns if c.get("listed", True)}
    return Known(listed, complete)


def readers_of(session: Session, place: Place, unique_ids: Collection[str]) -> set[str]:
    """Who reads these nodes: as the manifest has it, and as their SQL has it."""
    wanted = sa.func.any(list(unique_ids))
    declared = sa.select(LineageEdge.child).where(
        LineageEdge.environment_id == place.environment_id,
        LineageEdge.parent == wanted,
        LineageEdge.child != LineageEdge.parent,
    )
    parent, child = aliased(LineageColumn), aliased(LineageColumn)
    found = (
        sa.select(child.unique_id)
        .select_from(parent)
        .join(ColumnEdge, ColumnEdge.parent_id == parent.id)
        .join(child, child.id == ColumnEdge.child_id)
        .where(
            parent.environment_id == place.environment_id,
            parent.unique_id == wanted,
            child.unique_id != parent.unique_id,
            ColumnEdge.valid_to.is_(None),
        )
    )
    return set(session.scalars(sa.union(declared, found)))


def undecided(session: Session, place: Place, most: int) -> list[str]:
    """Nodes of whose SQL not everything is known; none where they are too many to look at once more."""
    version = NodeLineageVersion
    query = sa.select(version.unique_id).where(
        version.environment_id == place.environment_id,
        version.valid_to.is_(None),
        version.status.in_((Status.PARTIAL.value, Status.UNKNOWN.value)),
        version.code_hash.is_not(None),
    )
    found = list(session.scalars(query.limit(most + 1)))
    return found if len(found) <= most else []
