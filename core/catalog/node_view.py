"""Everything about one node, in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog import columns as merged_columns
from core.catalog import overrides, repository, service
from core.catalog.columns import Column
from core.catalog.models import Node, NodeOverride, NodeResult, SourceFreshness
from core.catalog.reading import Reading
from core.catalog.repository import NodeRow
from core.catalog.snapshots.models import CodeText, NodeContent, NodeVersion, Snapshot, WarehouseTable

Knowledge = Literal["complete", "partial", "unknown", "none"]
WITH_COLUMNS: Final = frozenset({"model", "seed", "snapshot", "source"})
# More neighbours than this are counted, not listed.
NEIGHBOURS: Final = 500


@dataclass(frozen=True)
class ColumnView:
    """A column with the tests that are about it, and where it is known from."""

    column: Column
    tests: Sequence[tuple[Node, NodeResult | None]]

    @property
    def known_from(self) -> Literal["catalog", "contract", "yaml"]:
        """The best witness that the column exists."""
        if self.column.reported is not None:
            return "catalog"
        return "contract" if self.column.declared_type else "yaml"

    @property
    def data_type(self) -> str | None:
        """The type in the warehouse, or else the declared one."""
        return self.column.reported_type or self.column.declared_type


@dataclass(frozen=True)
class NodeView:
    """Everything the catalog knows of a node."""

    row: NodeRow
    content: NodeContent
    raw_code: str | None
    compiled_code: str | None
    table: Mapping[str, Any] | None
    columns: Sequence[ColumnView]
    columns_known: Knowledge
    columns_note: str | None
    parents: Sequence[NodeRow]
    parents_total: int
    children: Sequence[NodeRow]
    children_total: int
    missing_parents: Sequence[str]
    tests: Sequence[tuple[Node, NodeResult | None]]
    freshness: SourceFreshness | None
    overrides: Sequence[NodeOverride]
    used_by: Sequence[NodeRow]
    first_seen: Snapshot | None
    last_changed: Snapshot | None

    @property
    def compiled_stale(self) -> bool:
        """Whether the compiled SQL is older than the source beside it."""
        node = self.row.node
        return node.compiled_hash is not None and node.compiled_from != node.raw_hash


def view_node(session: Session, reading: Reading, unique_id: str) -> NodeView:
    """Everything about one node.

    Raises:
        NotFound: the catalog has no such node.
    """
    row = service.require_node(session, reading, unique_id)
    node = row.node
    content = session.get_one(NodeContent, (reading.workspace_id, node.content_hash))
    texts = _texts(session, reading, [node.raw_hash, node.compiled_hash])
    table = _table(session, reading, node.table_hash)
    parents = repository.parents_of(session, reading, unique_id)
    children = repository.children_of(session, reading, unique_id)
    near = repository.refs(session, reading, [*parents[:NEIGHBOURS], *children[:NEIGHBOURS]])
    tests = repository.tests_of(session, reading, unique_id)
    freshness = repository.freshness_of(session, reading, [unique_id])
    columns = merged_columns.merge(content.columns, table)
    known, note = _knowledge(node, columns)
    first, last = _ages(session, reading, unique_id)
    return NodeView(
        row=row,
        content=content,
        raw_code=texts.get(node.raw_hash),
        compiled_code=texts.get(node.compiled_hash),
        table=table,
        columns=[ColumnView(column, _tests_on(column, tests)) for column in columns],
        columns_known=known,
        columns_note=note,
        parents=[near[parent] for parent in parents if parent in near],
        parents_total=len(parents),
        children=[near[child] for child in children if child in near],
        children_total=len(children),
        missing_parents=[parent for parent in parents[:NEIGHBOURS] if parent not in near],
        tests=tests,
        freshness=freshness[0] if freshness else None,
        overrides=[] if reading.is_past else overrides.of_node(session, reading.workspace_id, unique_id),
        used_by=_used_by(session, reading, unique_id) if node.resource_type == "macro" else [],
        first_seen=first,
        last_changed=last,
    )


def _texts(session: Session, reading: Reading, hashes: Sequence[UUID | None]) -> dict[UUID | None, str]:
    wanted = [value for value in hashes if value is not None]
    query = sa.select(CodeText.hash, CodeText.text).where(
        CodeText.workspace_id == reading.workspace_id, CodeText.hash.in_(wanted)
    )
    return dict(session.execute(query).tuples().all())


def _table(session: Session, reading: Reading, table_hash: UUID | None) -> Mapping[str, Any] | None:
    if table_hash is None:
        return None
    return session.get_one(WarehouseTable, (reading.workspace_id, table_hash)).body


def _tests_on(
    column: Column, tests: Sequence[tuple[Node, NodeResult | None]]
) -> list[tuple[Node, NodeResult | None]]:
    return [pair for pair in tests if (pair[0].column_name or "").lower() == column.name.lower()]


def _used_by(session: Session, reading: Reading, macro: str) -> list[NodeRow]:
    """Nodes that call a macro."""
    node = reading.nodes
    content = sa.and_(NodeContent.workspace_id == reading.workspace_id, NodeContent.hash == node.content_hash)
    query = (
        sa.select(node)
        .join(NodeContent, content)
        .where(node.environment_id == reading.environment_id, NodeContent.facts["macros"].contains([macro]))
        .order_by(node.resource_type, node.name)
        .limit(NEIGHBOURS)
    )
    return [NodeRow(found) for found in session.scalars(query)]


def _ages(session: Session, reading: Reading, unique_id: str) -> tuple[Snapshot | None, Snapshot | None]:
    """The first snapshot that has the node, and the one that it last changed in; as far as they are kept."""
    version = NodeVersion
    until = reading.snapshot.id if reading.snapshot else None
    bounds = sa.select(
        sa.func.min(version.valid_from).label("first"), sa.func.max(version.valid_from).label("last")
    ).where(version.environment_id == reading.environment_id, version.unique_id == unique_id)
    if until is not None:
        bounds = bounds.where(version.valid_from <= until)
    ends = bounds.subquery()
    query = sa.select(ends.c.first, ends.c.last, Snapshot).join(
        Snapshot, Snapshot.id.in_([ends.c.first, ends.c.last])
    )
    found: dict[str, Snapshot] = {}
    for first, last, snapshot in session.execute(query):
        found |= {name: snapshot for name, at in (("first", first), ("last", last)) if at == snapshot.id}
    return found.get("first"), found.get("last")


def _knowledge(node: Node, columns: Sequence[Column]) -> tuple[Knowledge, str | None]:
    """How much is known of a node's columns, and what would make it more."""
    if node.resource_type not in WITH_COLUMNS:
        return "none", None
    if any(column.reported is not None for column in columns):
        return "complete", None
    if node.contract_enforced and columns:
        return "complete", "From the model's contract; run docs generate for what the warehouse holds."
    hint = (
        "Ephemeral models have no relation to look into."
        if node.materialization == "ephemeral"
        else _GENERATE
    )
    return (
        ("partial", f"Only the columns that the project describes. {hint}") if columns else ("unknown", hint)
    )


_GENERATE: Final = "Run docs generate to read columns and types from the warehouse."
