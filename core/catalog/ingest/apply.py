"""Making the catalog of an environment say what a manifest and a catalog.json say."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.ingest.cycles import refuse_cycles
from core.catalog.ingest.ports import Changes, Nodes, Tables, Target
from core.catalog.ingest.rows import NODE_COLUMNS, VERSION_COLUMNS, Draft
from core.catalog.ingest.stored import as_parsed, bodies, fingerprints, known
from core.catalog.models import LineageEdge, Node, NodeHealth, NodeOverride
from core.catalog.search.documents import document
from core.catalog.snapshots.models import NodeVersion
from core.catalog.values import TEST_TYPES, ParsedNode
from core.kit.batches import batched
from core.kit.bulk import as_json, copy_rows, known_hashes
from core.kit.database import SCHEMA

BATCH: Final = 1000


class Ingest:
    """One ingest of an environment, in one transaction; the caller holds the lock of the workspace."""

    def __init__(
        self, session: Session, target: Target, last_tables: Callable[[], Tables | None] = lambda: None
    ) -> None:
        """`last_tables` gives the last catalog.json known: it may have come before the nodes it speaks of."""
        self._session = session
        self._target = target
        self._last_tables = cache(last_tables)
        self._overrides = _overrides(session, target.workspace_id)
        self._added = self._changed = 0
        self._touched: set[str] = set()
        self._shape = False

    def write(self, nodes: Nodes | None, tables: Tables | None) -> Changes:
        """Write what changed. Without a manifest only relations are looked at, without a catalog.json none.

        Raises:
            WorkbenchError: an entry is not what it should be, or the nodes read each other in a circle.
        """
        stored = fingerprints(self._session, self._target.environment_id)
        hashes = {} if tables is None else tables.hashes()
        seen: set[str] = set()
        fresh = self._read(nodes, stored, hashes, seen) if nodes else self._again(stored, hashes)
        for batch in batched(fresh, BATCH):
            self._write(self._drafts(batch, tables, hashes))
        removed = stored.keys() - seen if nodes else set[str]()
        self._remove(removed)
        self._shape = self._shape or bool(removed)
        if self._shape:
            refuse_cycles(self._session, self._target.environment_id)
        return Changes(self._added, self._changed, len(removed), frozenset(self._touched), self._shape)

    def _read(
        self,
        nodes: Nodes,
        stored: Mapping[str, tuple[str, str | None]],
        hashes: Mapping[str, UUID],
        seen: set[str],
    ) -> Iterator[tuple[ParsedNode, UUID]]:
        """The nodes of which something may have changed; all that exist are added to `seen`."""
        for entry in nodes.entries():
            entry_hash, table = entry.hash, hashes.get(entry.unique_id)
            old = stored.get(entry.unique_id)
            if old and old[0] == str(entry_hash) and (table is None or old[1] == str(table)):
                seen.add(entry.unique_id)
            elif (node := nodes.parse(entry)) is not None:
                seen.add(entry.unique_id)
                yield node, entry_hash

    def _again(
        self, stored: Mapping[str, tuple[str, str | None]], hashes: Mapping[str, UUID]
    ) -> Iterator[tuple[ParsedNode, UUID]]:
        """The nodes whose relation alone changed, as the catalog knows them."""
        moved = [key for key, table in hashes.items() if key in stored and stored[key][1] != str(table)]
        target = self._target
        for batch in batched(moved, BATCH):
            for node in as_parsed(self._session, target.workspace_id, target.environment_id, batch):
                yield node, UUID(stored[node.unique_id][0])

    def _drafts(
        self,
        batch: Sequence[tuple[ParsedNode, UUID]],
        tables: Tables | None,
        hashes: Mapping[str, UUID],
    ) -> list[Draft]:
        target = self._target
        old = known(
            self._session, target.workspace_id, target.environment_id, [node.unique_id for node, _ in batch]
        )
        kept = {k.table_hash for key, k in old.items() if k.table_hash and key not in hashes}
        stored_tables = bodies(self._session, target.workspace_id, kept)
        if not hashes and any(node.unique_id not in old for node, _ in batch):
            tables = self._last_tables()
            hashes = {key: of for key, of in (tables.hashes() if tables else {}).items() if key not in old}
        drafts: list[Draft] = []
        for node, entry_hash in batch:
            before = old.get(node.unique_id)
            table_hash = hashes.get(node.unique_id) or (before.table_hash if before else None)
            table = tables.body(node.unique_id) if tables and node.unique_id in hashes else None
            if table is None and table_hash is not None:
                table = stored_tables.get(table_hash)
            overrides = self._overrides.get(node.unique_id, {})
            drafts.append(Draft(node, entry_hash, before, table_hash, table, target.at, overrides))
        return drafts

    def _write(self, drafts: Sequence[Draft]) -> None:
        same = [draft for draft in drafts if draft.is_same]
        fresh = [draft for draft in drafts if not draft.is_same]
        self._note_entries(same)
        if not fresh:
            return
        self._write_contents(fresh)
        self._replace_nodes(fresh)
        self._write_versions(fresh)
        self._replace_edges([draft for draft in fresh if draft.has_new_shape])
        self._added += sum(1 for draft in fresh if draft.old is None)
        self._changed += sum(1 for draft in fresh if draft.is_changed)
        self._touched.update(draft.unique_id for draft in fresh)
        self._touched.update(about for draft in fresh for about in draft.no_longer_about)
        self._shape = self._shape or any(draft.has_new_shape for draft in fresh)

    def _note_entries(self, same: Sequence[Draft]) -> None:
        """Nothing of these nodes changed but the bytes in the manifest."""
        moved = [draft for draft in same if draft.old and draft.old.entry_hash != draft.entry_hash]
        if not moved:
            return
        statement = sa.text(
            f"""
            update {SCHEMA}.nodes set entry_hash = new.hash
            from unnest(cast(:ids as text[]), cast(:hashes as uuid[])) as new(unique_id, hash)
            where environment_id = :environment and nodes.unique_id = new.unique_id
            """  # noqa: S608 - a name of ours
        )
        values = {
            "ids": [draft.unique_id for draft in moved],
            "hashes": [draft.entry_hash for draft in moved],
            "environment": self._target.environment_id,
        }
        self._session.execute(statement, values)

    def _write_contents(self, drafts: Sequence[Draft]) -> None:
        workspace_id = self._target.workspace_id
        contents = {draft.node.content_hash: draft for draft in drafts}
        for key in known_hashes(self._session, "node_contents", workspace_id, contents):
            del contents[key]
        copy_rows(
            self._session,
            "node_contents",
            ("workspace_id", "hash", "facts", "body", "columns"),
            (draft.content_row(workspace_id) for draft in contents.values()),
        )
        self._write_once("code_texts", "text", dict(pair for draft in drafts for pair in draft.texts()))
        tables = {d.table_hash: as_json(d.table) for d in drafts if d.table_hash and d.table is not None}
        self._write_once("warehouse_tables", "body", tables)

    def _write_once(self, table: str, column: str, values: Mapping[UUID, str]) -> None:
        workspace_id = self._target.workspace_id
        there = known_hashes(self._session, table, workspace_id, values)
        rows = ((workspace_id, key, value) for key, value in values.items() if key not in there)
        copy_rows(self._session, table, ("workspace_id", "hash", column), rows)

    def _replace_nodes(self, drafts: Sequence[Draft]) -> None:
        environment_id = self._target.environment_id
        old = [draft.unique_id for draft in drafts if draft.old is not None]
        self._delete(Node, Node.unique_id, old)
        ids = _new_ids(self._session, len(drafts))
        pairs = list(zip(ids, drafts, strict=True))
        copy_rows(self._session, "nodes", NODE_COLUMNS, (d.node_row(key, environment_id) for key, d in pairs))
        documents = ((key, *_document(draft, environment_id)) for key, draft in pairs)
        copy_rows(self._session, "node_search", ("node_id", "names", "columns", "texts", "code"), documents)

    def _write_versions(self, drafts: Sequence[Draft]) -> None:
        target = self._target
        self._close([draft.unique_id for draft in drafts if draft.old is not None])
        copy_rows(
            self._session,
            "node_versions",
            VERSION_COLUMNS,
            (draft.version_row(target.environment_id, target.snapshot_id) for draft in drafts),
        )

    def _close(self, unique_ids: Sequence[str]) -> None:
        """What these nodes were, they were until now."""
        if not unique_ids:
            return
        self._session.execute(
            sa.update(NodeVersion)
            .where(
                NodeVersion.environment_id == self._target.environment_id,
                NodeVersion.unique_id == sa.func.any(list(unique_ids)),
                NodeVersion.valid_to.is_(None),
            )
            .values(valid_to=self._target.snapshot_id),
            execution_options={"synchronize_session": False},
        )

    def _replace_edges(self, drafts: Sequence[Draft]) -> None:
        environment_id = self._target.environment_id
        old = [draft.unique_id for draft in drafts if draft.old is not None]
        self._delete(LineageEdge, LineageEdge.child, old)
        rows = (
            (environment_id, parent, draft.unique_id) for draft in drafts for parent in draft.node.parents
        )
        copy_rows(self._session, "lineage", ("environment_id", "parent", "child"), rows)

    def _remove(self, unique_ids: Iterable[str]) -> None:
        for batch in batched(sorted(unique_ids), BATCH):
            self._touched.update(batch, self._tested_by(batch))
            self._close(batch)
            self._delete(Node, Node.unique_id, batch)
            self._delete(LineageEdge, LineageEdge.child, batch)
            self._delete(NodeHealth, NodeHealth.unique_id, batch)

    def _tested_by(self, unique_ids: Sequence[str]) -> Iterable[str]:
        """The nodes that tests among these are about."""
        environment_id, wanted = self._target.environment_id, sa.func.any(list(unique_ids))
        attached = sa.select(Node.attached_node).where(
            Node.environment_id == environment_id, Node.unique_id == wanted, Node.attached_node.is_not(None)
        )
        is_test = sa.and_(
            Node.environment_id == LineageEdge.environment_id,
            Node.unique_id == LineageEdge.child,
            Node.resource_type.in_(TEST_TYPES),
        )
        read = sa.select(LineageEdge.parent).where(
            LineageEdge.environment_id == environment_id, LineageEdge.child == wanted
        )
        return self._session.scalars(sa.union(attached, read.join(Node, is_test)))

    def _delete(self, model: Any, column: Any, values: Sequence[str]) -> None:
        if values:
            self._session.execute(
                sa.delete(model).where(
                    model.environment_id == self._target.environment_id, column == sa.func.any(list(values))
                ),
                execution_options={"synchronize_session": False},
            )


def _document(draft: Draft, environment_id: int) -> tuple[str, str, str, str]:
    names = [column.name for column in draft.columns]
    texts = [column.description for column in draft.columns if column.description]
    return document(draft.unique_id, draft.shown, names, draft.node.raw_code, environment_id, texts)


def _new_ids(session: Session, count: int) -> list[int]:
    statement = sa.text(
        f"select nextval(pg_get_serial_sequence('{SCHEMA}.nodes', 'id')) from generate_series(1, :count)"  # noqa: S608 - a name of ours
    )
    return list(session.scalars(statement, {"count": count}))


def _overrides(session: Session, workspace_id: int) -> dict[str, dict[str, Any]]:
    rows = session.scalars(
        sa.select(NodeOverride)
        .where(NodeOverride.workspace_id == workspace_id)
        .order_by(NodeOverride.unique_id)
    )
    return {
        unique_id: {row.field: row.value for row in group}
        for unique_id, group in itertools.groupby(rows, lambda row: row.unique_id)
    }
