"""Writing parsed artifacts into the catalog: only what changed, in the caller's transaction."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.catalog.models import LineageEdge, Node, NodeColumn, SourceFreshness
from core.catalog.values import CatalogColumn, Freshness, ParsedNode, source_hash
from core.kit.batches import batched

BATCH = 500


@dataclass(frozen=True)
class Changes:
    """How many nodes an ingest added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0


@dataclass(frozen=True)
class _Stored:
    content_hash: str
    compiled_hash: str | None


def write_manifest(session: Session, workspace_id: int, nodes: Sequence[ParsedNode], at: datetime) -> Changes:
    """Make the catalog of a workspace say what a manifest says.

    Compiled SQL stays where the manifest has none: `dbt parse` and `dbt test` write manifests without it.
    """
    stored = _stored(session, workspace_id)
    added = [node for node in nodes if node.unique_id not in stored]
    changed = [
        n for n in nodes if n.unique_id in stored and stored[n.unique_id].content_hash != n.content_hash
    ]
    removed = stored.keys() - {node.unique_id for node in nodes}
    _upsert_nodes(session, workspace_id, [*added, *changed])
    _write_compiled(session, workspace_id, nodes, stored, at)
    _write_declared_columns(session, workspace_id, [*added, *changed])
    _write_edges(session, workspace_id, nodes)
    _remove(session, workspace_id, removed)
    return Changes(len(added), len(changed), len(removed))


def write_catalog(
    session: Session, workspace_id: int, tables: Mapping[str, Sequence[CatalogColumn]]
) -> Changes:
    """Take over columns and types as the warehouse reports them. Tables it does not list keep theirs."""
    known = set(session.scalars(sa.select(Node.unique_id).where(Node.workspace_id == workspace_id)))
    relevant = {unique_id: columns for unique_id, columns in tables.items() if unique_id in known}
    existing = _columns_of(session, workspace_id, relevant)
    rows: list[dict[str, Any]] = []
    for unique_id, columns in relevant.items():
        rows += _with_catalog(workspace_id, unique_id, existing.get(unique_id, []), columns)
    _replace_columns(session, workspace_id, relevant, rows)
    return Changes(changed=len(relevant))


def write_freshness(
    session: Session, workspace_id: int, results: Sequence[Freshness], run_id: str | None
) -> None:
    """Take over the answers of `dbt source freshness`; sources it did not ask keep theirs."""
    once = {result.unique_id: result for result in results}
    for batch in batched(once.values(), BATCH):
        rows = [
            {
                "workspace_id": workspace_id,
                "unique_id": result.unique_id,
                "status": result.status,
                "max_loaded_at": result.max_loaded_at,
                "snapshotted_at": result.snapshotted_at,
                "age_seconds": result.age_seconds,
                "message": result.message,
                "run_id": run_id,
            }
            for result in batch
        ]
        _upsert_freshness(session, rows)


def _upsert_freshness(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Of two answers that arrive out of order, the later one stands."""
    key = ["workspace_id", "unique_id"]
    statement = insert(SourceFreshness)
    upsert = statement.on_conflict_do_update(
        index_elements=key,
        set_={name: statement.excluded[name] for name in rows[0] if name not in key},
        where=sa.or_(
            SourceFreshness.snapshotted_at.is_(None),
            statement.excluded.snapshotted_at.is_(None),
            SourceFreshness.snapshotted_at <= statement.excluded.snapshotted_at,
        ),
    )
    session.connection().execute(upsert, list(rows))


class ByName:
    """Columns to be matched by name: exactly, or else regardless of case. Each is taken once."""

    def __init__(self, columns: Sequence[NodeColumn]) -> None:
        self._left = {column.name: column for column in columns}

    def take_exactly(self, name: str) -> NodeColumn | None:
        """The column of this very name, if nobody took it."""
        return self._left.pop(name, None)

    def take(self, name: str) -> NodeColumn | None:
        """The column of this name, or one that differs in case alone."""
        folded = next((known for known in self._left if known.lower() == name.lower()), name)
        return self.take_exactly(name) or self.take_exactly(folded)

    def left(self) -> list[NodeColumn]:
        """Those that nobody took."""
        return list(self._left.values())


def _stored(session: Session, workspace_id: int) -> dict[str, _Stored]:
    query = sa.select(Node.unique_id, Node.content_hash, sa.func.md5(Node.compiled_code)).where(
        Node.workspace_id == workspace_id
    )
    return {unique_id: _Stored(content, compiled) for unique_id, content, compiled in session.execute(query)}


def _upsert_nodes(session: Session, workspace_id: int, nodes: Sequence[ParsedNode]) -> None:
    for batch in batched(nodes, BATCH):
        rows = [
            {
                **node.fields,
                "workspace_id": workspace_id,
                "unique_id": node.unique_id,
                "content_hash": node.content_hash,
            }
            for node in batch
        ]
        _upsert(session, Node, rows, ("workspace_id", "unique_id"))


def _upsert(
    session: Session, model: type[Any], rows: Sequence[Mapping[str, Any]], key: tuple[str, ...]
) -> None:
    # One short statement that the driver repeats: compiling one of hundreds of rows takes ten times as long.
    statement = insert(model.__table__)
    updates = {name: statement.excluded[name] for name in rows[0] if name not in key}
    upsert = statement.on_conflict_do_update(index_elements=list(key), set_=updates)
    session.connection().execute(upsert, list(rows))


def _insert_new(session: Session, model: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.connection().execute(insert(model.__table__).on_conflict_do_nothing(), list(rows))


def _write_compiled(
    session: Session,
    workspace_id: int,
    nodes: Sequence[ParsedNode],
    stored: Mapping[str, _Stored],
    at: datetime,
) -> None:
    rows = [
        {
            "uid": node.unique_id,
            "code": node.compiled_code,
            "at": at,
            "hash": source_hash(node.fields["raw_code"]),
        }
        for node in nodes
        if node.compiled_code and _compiled_key(node) != stored.get(node.unique_id)
    ]
    if not rows:
        return
    statement = (
        sa.update(Node.__table__)  # pyright: ignore[reportArgumentType]
        .where(Node.workspace_id == workspace_id, Node.unique_id == sa.bindparam("uid"))
        .values(
            compiled_code=sa.bindparam("code"),
            compiled_at=sa.bindparam("at"),
            compiled_from=sa.bindparam("hash"),
        )
    )
    session.connection().execute(statement, rows)


def _compiled_key(node: ParsedNode) -> _Stored:
    """What is stored of a node whose compiled SQL is up to date; compared by hash, not fetched."""
    digest = hashlib.md5((node.compiled_code or "").encode(), usedforsecurity=False).hexdigest()
    return _Stored(node.content_hash, digest)


def _write_declared_columns(session: Session, workspace_id: int, nodes: Sequence[ParsedNode]) -> None:
    by_id = {node.unique_id: node for node in nodes}
    existing = _columns_of(session, workspace_id, by_id)
    rows: list[dict[str, Any]] = []
    for unique_id, node in by_id.items():
        rows += _with_declared(workspace_id, node, existing.get(unique_id, []))
    _replace_columns(session, workspace_id, by_id, rows)


def _columns_of(
    session: Session, workspace_id: int, unique_ids: Iterable[str]
) -> dict[str, list[NodeColumn]]:
    found: dict[str, list[NodeColumn]] = {}
    for batch in batched(unique_ids, BATCH):
        query = sa.select(NodeColumn).where(
            NodeColumn.workspace_id == workspace_id, NodeColumn.unique_id.in_(batch)
        )
        for column in session.scalars(query):
            found.setdefault(column.unique_id, []).append(column)
    return found


def _with_declared(
    workspace_id: int, node: ParsedNode, existing: Sequence[NodeColumn]
) -> list[dict[str, Any]]:
    reported = ByName([column for column in existing if column.in_catalog])
    rows = [
        _row(
            workspace_id,
            node.unique_id,
            reported.take(declared.name),
            name=declared.name,
            position=declared.position,
            declared_type=declared.data_type,
            description=declared.description,
            tags=declared.tags,
            is_declared=True,
        )
        for declared in node.columns
    ]
    left = [_row(workspace_id, node.unique_id, column, name=column.name) for column in reported.left()]
    return rows + left


def _row(workspace_id: int, unique_id: str, reported: NodeColumn | None, **declared: Any) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "unique_id": unique_id,
        "position": 0,
        "declared_type": None,
        "description": "",
        "tags": [],
        "is_declared": False,
        **declared,
        # What the warehouse said of order and type outlasts a change of the project's YAML.
        **({"position": reported.position} if reported else {}),
        "catalog_type": reported.catalog_type if reported else None,
        "in_catalog": reported is not None,
    }


def _with_catalog(
    workspace_id: int, unique_id: str, existing: Sequence[NodeColumn], reported: Sequence[CatalogColumn]
) -> list[dict[str, Any]]:
    declared = ByName([column for column in existing if column.is_declared])
    exact = {column.name: declared.take_exactly(column.name) for column in reported}
    rows = [
        _reported_row(workspace_id, unique_id, exact[c.name] or declared.take(c.name), c) for c in reported
    ]
    return rows + [_declared_row(column) for column in declared.left()]


def _reported_row(
    workspace_id: int, unique_id: str, declared: NodeColumn | None, column: CatalogColumn
) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "unique_id": unique_id,
        "name": declared.name if declared else column.name,
        "position": column.position,
        "declared_type": declared.declared_type if declared else None,
        "description": declared.description if declared else "",
        "tags": declared.tags if declared else [],
        "is_declared": declared is not None,
        "catalog_type": column.data_type,
        "in_catalog": True,
    }


def _declared_row(column: NodeColumn) -> dict[str, Any]:
    return {
        "workspace_id": column.workspace_id,
        "unique_id": column.unique_id,
        "name": column.name,
        "position": column.position,
        "declared_type": column.declared_type,
        "description": column.description,
        "tags": column.tags,
        "is_declared": True,
        "catalog_type": None,
        "in_catalog": False,
    }


def _replace_columns(
    session: Session, workspace_id: int, unique_ids: Iterable[str], rows: Sequence[dict[str, Any]]
) -> None:
    for batch in batched(unique_ids, BATCH):
        session.execute(
            sa.delete(NodeColumn).where(
                NodeColumn.workspace_id == workspace_id, NodeColumn.unique_id.in_(batch)
            )
        )
    session.expire_all()
    _insert_new(session, NodeColumn, rows)


def _write_edges(session: Session, workspace_id: int, nodes: Sequence[ParsedNode]) -> None:
    wanted = {(parent, node.unique_id) for node in nodes for parent in node.parents}
    query = sa.select(LineageEdge.parent, LineageEdge.child).where(LineageEdge.workspace_id == workspace_id)
    stored = {(parent, child) for parent, child in session.execute(query)}
    rows = [{"workspace_id": workspace_id, "parent": p, "child": c} for p, c in sorted(wanted - stored)]
    _insert_new(session, LineageEdge, rows)
    key = sa.tuple_(LineageEdge.parent, LineageEdge.child)
    for batch in batched(sorted(stored - wanted), BATCH):
        session.execute(
            sa.delete(LineageEdge).where(LineageEdge.workspace_id == workspace_id, key.in_(batch))
        )


def _remove(session: Session, workspace_id: int, unique_ids: Iterable[str]) -> None:
    for batch in batched(unique_ids, BATCH):
        for model in (Node, NodeColumn, SourceFreshness):
            session.execute(
                sa.delete(model).where(model.workspace_id == workspace_id, model.unique_id.in_(batch))
            )
