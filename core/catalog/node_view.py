"""Everything about one node, in a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.catalog import columns as merged_columns
from core.catalog import overrides, repository, service
from core.catalog.columns import Column
from core.catalog.models import Node, NodeOverride, NodeResult, SourceFreshness
from core.catalog.neighbours import NEIGHBOURS, neighbours_of
from core.catalog.prepared import ask
from core.catalog.reading import Reading
from core.catalog.repository import Joined, NodeRow, row_of
from core.catalog.snapshots.models import CodeText, NodeContent, NodeVersion, Snapshot, WarehouseTable

Knowledge = Literal["complete", "partial", "unknown", "none"]
WITH_COLUMNS: Final = frozenset({"model", "seed", "snapshot", "source"})


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
    found = ask(session, reading, _whole, unique_id).one_or_none()
    if found is None:
        raise service.missing(session, reading, unique_id)
    row, node, content = row_of(found), found[0], found.NodeContent
    parents, children = neighbours_of(session, reading, unique_id)
    tests = repository.tests_of(session, reading, unique_id)
    columns = merged_columns.merge(content.columns, found.table)
    known, note = _knowledge(node, columns)
    first, last = _ages(session, reading, unique_id)
    return NodeView(
        row=row,
        content=content,
        raw_code=found.raw_code,
        compiled_code=found.compiled_code,
        table=found.table,
        columns=[ColumnView(column, _tests_on(column, tests)) for column in columns],
        columns_known=known,
        columns_note=note,
        parents=parents.nodes,
        parents_total=parents.total,
        children=children.nodes,
        children_total=children.total,
        missing_parents=parents.missing,
        tests=tests,
        freshness=found[-1],
        overrides=[] if reading.is_past else overrides.of_node(session, reading, unique_id),
        used_by=_used_by(session, reading, unique_id) if node.resource_type == "macro" else [],
        first_seen=first,
        last_changed=last,
    )


def _whole(reading: Reading, unique_id: str) -> Any:
    """The row of a node with all that is kept by hash."""
    joined = Joined(reading)
    node, raw, compiled = joined.node, aliased(CodeText), aliased(CodeText)

    def kept(table: Any, of_node: Any) -> sa.ColumnElement[bool]:
        return sa.and_(table.workspace_id == reading.workspace_id, table.hash == of_node)

    return (
        joined.select()
        .join(NodeContent, kept(NodeContent, node.content_hash))
        .outerjoin(raw, kept(raw, node.raw_hash))
        .outerjoin(compiled, kept(compiled, node.compiled_hash))
        .outerjoin(WarehouseTable, kept(WarehouseTable, node.table_hash))
        .add_columns(
            NodeContent,
            raw.text.label("raw_code"),
            compiled.text.label("compiled_code"),
            WarehouseTable.body.label("table"),
            joined.fresh,
        )
        .where(node.unique_id == unique_id)
    )


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
    found: dict[str, Snapshot] = {}
    for first, last, snapshot in ask(session, reading, _bounds, unique_id):
        found |= {name: snapshot for name, at in (("first", first), ("last", last)) if at == snapshot.id}
    return found.get("first"), found.get("last")


def _bounds(reading: Reading, unique_id: str) -> Any:
    version = NodeVersion
    until = reading.snapshot.id if reading.snapshot else None
    bounds = sa.select(
        sa.func.min(version.valid_from).label("first"), sa.func.max(version.valid_from).label("last")
    ).where(version.environment_id == reading.environment_id, version.unique_id == unique_id)
    if until is not None:
        bounds = bounds.where(version.valid_from <= until)
    ends = bounds.subquery()
    return sa.select(ends.c.first, ends.c.last, Snapshot).join(
        Snapshot, Snapshot.id.in_([ends.c.first, ends.c.last])
    )


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
