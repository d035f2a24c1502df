"""Reading the catalog: pages of nodes, and everything about one."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.orm import Session

from core.catalog import repository
from core.catalog.models import Node, NodeColumn, NodeResult, SourceFreshness
from core.catalog.repository import SORTS, NodeFilter, NodeRow, TestTally
from core.catalog.values import source_hash
from core.kit.errors import FieldError, Invalid, NotFound
from core.kit.paging import Page, decode_cursor, page_of

Knowledge = Literal["complete", "partial", "unknown", "none"]
WITH_COLUMNS: Final = frozenset({"model", "seed", "snapshot", "source"})


@dataclass(frozen=True)
class ColumnView:
    """A column with the tests that are about it, and where it is known from."""

    column: NodeColumn
    tests: Sequence[str]

    @property
    def known_from(self) -> Literal["catalog", "contract", "yaml"]:
        """The best witness that the column exists."""
        if self.column.in_catalog:
            return "catalog"
        return "contract" if self.column.declared_type else "yaml"

    @property
    def data_type(self) -> str | None:
        """The type in the warehouse, or else the declared one."""
        return self.column.catalog_type or self.column.declared_type


@dataclass(frozen=True)
class NodeView:
    """Everything the catalog knows of a node."""

    row: NodeRow
    columns: Sequence[ColumnView]
    columns_known: Knowledge
    columns_note: str | None
    parents: Sequence[tuple[Node, NodeResult | None]]
    children: Sequence[tuple[Node, NodeResult | None]]
    missing_parents: Sequence[str]
    tests: Sequence[tuple[Node, NodeResult | None]]
    freshness: SourceFreshness | None

    @property
    def compiled_stale(self) -> bool:
        """Whether the compiled SQL is older than the source beside it."""
        node = self.row.node
        return node.compiled_code is not None and node.compiled_from != source_hash(node.raw_code)


def list_nodes(
    session: Session, workspace_id: int, wanted: NodeFilter, *, cursor: str | None, limit: int
) -> Page[NodeRow]:
    """One page of nodes.

    Raises:
        Invalid: the sort or cursor is not one of ours.
    """
    if wanted.sort.removeprefix("-") not in SORTS:
        detail = FieldError("sort", f"{wanted.sort!r} is none of {', '.join(sorted(SORTS))}")
        raise Invalid(f"Cannot sort by {wanted.sort!r}.", details=[detail])
    offset = decode_cursor(cursor)
    found, total = repository.search_nodes(session, workspace_id, wanted, offset=offset, limit=limit)
    tallies = repository.tallies(session, workspace_id, [node.unique_id for node, _ in found])
    rows = [NodeRow(node, result, tallies.get(node.unique_id, TestTally())) for node, result in found]
    return page_of(rows, total=total, offset=offset, limit=limit)


def require_node(session: Session, workspace_id: int, unique_id: str) -> tuple[Node, NodeResult | None]:
    """One node.

    Raises:
        NotFound: the workspace has no such node; names near ones.
    """
    found = repository.get_node(session, workspace_id, unique_id)
    if found is None:
        raise NotFound(
            f"There is no node {unique_id!r} in this workspace.", hint=_near(session, workspace_id, unique_id)
        )
    return found


def _near(session: Session, workspace_id: int, unique_id: str) -> str | None:
    name = unique_id.rsplit(".", 1)[-1][:100]
    if not name:
        return None
    found, _ = repository.search_nodes(session, workspace_id, NodeFilter(text=name[:30]), offset=0, limit=20)
    near = difflib.get_close_matches(unique_id, [node.unique_id for node, _ in found], n=1, cutoff=0.4)
    return (
        f"Did you mean {near[0]}?"
        if near
        else "It may have been removed; the list of models shows what there is."
    )


def view_node(session: Session, workspace_id: int, unique_id: str) -> NodeView:
    """Everything about one node.

    Raises:
        NotFound: the workspace has no such node.
    """
    node, result = require_node(session, workspace_id, unique_id)
    parents = repository.parents_of(session, workspace_id, unique_id)
    children = repository.children_of(session, workspace_id, unique_id)
    near = repository.refs(session, workspace_id, [*parents, *children])
    tests = repository.tests_of(session, workspace_id, unique_id)
    columns = repository.columns_of(session, workspace_id, unique_id)
    known, note = _knowledge(node, columns)
    freshness = repository.freshness_of(session, workspace_id, [unique_id])
    return NodeView(
        row=NodeRow(
            node, result, repository.tallies(session, workspace_id, [unique_id]).get(unique_id, TestTally())
        ),
        columns=[ColumnView(column, _tests_on(column, tests)) for column in columns],
        columns_known=known,
        columns_note=note,
        parents=[near[parent] for parent in parents if parent in near],
        children=[near[child] for child in children if child in near],
        missing_parents=[parent for parent in parents if parent not in near],
        tests=tests,
        freshness=freshness[0] if freshness else None,
    )


def _tests_on(column: NodeColumn, tests: Sequence[tuple[Node, NodeResult | None]]) -> list[str]:
    return [
        test.test_kind or test.name
        for test, _ in tests
        if (test.column_name or "").lower() == column.name.lower()
    ]


def _knowledge(node: Node, columns: Sequence[NodeColumn]) -> tuple[Knowledge, str | None]:
    """How much is known of a node's columns, and what would make it more."""
    if node.resource_type not in WITH_COLUMNS:
        return "none", None
    if any(column.in_catalog for column in columns):
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
