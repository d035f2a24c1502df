"""Finding the column that somebody names."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog import columns as merged_columns
from core.catalog.reading import Reading
from core.catalog.snapshots.models import NodeContent, WarehouseTable
from core.kit.errors import NotFound
from core.lineage.answers.facts import require_node, status_of, versions
from core.lineage.answers.shapes import NOT_TRACED
from core.lineage.models import ROWS, LineageColumn, NodeLineageVersion


@dataclass(frozen=True)
class Known:
    """A column that exists. `number` is None where no edge can be known: it was never traced."""

    unique_id: str
    name: str
    number: int | None
    status: str
    node_status: str

    @property
    def starts(self) -> list[int]:
        """Where a walk begins."""
        return [] if self.number is None else [self.number]


def require_column(session: Session, reading: Reading, unique_id: str, column: str) -> Known:
    """A column of a node, by its exact name or else regardless of case.

    Raises:
        NotFound: no such node, or nobody knows of such a column; names near ones.
    """
    require_node(session, reading, unique_id)
    version = versions(session, reading, [unique_id]).get(unique_id)
    statuses = _statuses(version)
    names = [*statuses] if version else _declared(session, reading, unique_id)
    name = _matching([ROWS, *names], column)
    if name is None:
        raise _missing(unique_id, names, column)
    number = session.scalar(
        sa.select(LineageColumn.id).where(
            LineageColumn.environment_id == reading.environment_id,
            LineageColumn.unique_id == unique_id,
            LineageColumn.name == name,
        )
    )
    status = statuses.get(name, NOT_TRACED if version is None else version.status)
    return Known(unique_id, name, number, status, status_of(version))


def _statuses(version: NodeLineageVersion | None) -> dict[str, str]:
    return {} if version is None else {column["name"]: column["status"] for column in version.columns}


def _declared(session: Session, reading: Reading, unique_id: str) -> list[str]:
    """Columns that the catalog knows of a node whose lineage nobody has traced."""
    node = reading.nodes
    content = sa.and_(NodeContent.workspace_id == reading.workspace_id, NodeContent.hash == node.content_hash)
    table = sa.and_(
        WarehouseTable.workspace_id == reading.workspace_id, WarehouseTable.hash == node.table_hash
    )
    query = (
        sa.select(NodeContent.columns, WarehouseTable.body)
        .select_from(node)
        .join(NodeContent, content)
        .outerjoin(WarehouseTable, table)
        .where(node.environment_id == reading.environment_id, node.unique_id == unique_id)
    )
    found = session.execute(query).one_or_none()
    return [] if found is None else [column.name for column in merged_columns.merge(found[0], found[1])]


def _matching(names: Sequence[str], wanted: str) -> str | None:
    if wanted in names:
        return wanted
    same = [name for name in names if name.lower() == wanted.lower()]
    return same[0] if len(same) == 1 else None


def _missing(unique_id: str, names: Sequence[str], column: str) -> NotFound:
    lowered = {name.lower(): name for name in names}
    near = difflib.get_close_matches(column.lower(), list(lowered), n=3, cutoff=0.5)
    hint = f"Did you mean {', '.join(lowered[name] for name in near)}?" if near else _NONE_NEAR
    return NotFound(f"Nobody knows of a column {column[:200]!r} of {unique_id}.", hint=hint)


_NONE_NEAR = "Its page lists the columns that are known; dbt docs generate reads them from the warehouse."
