"""What reading lineage answers with: nodes, columns, and edges between columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

# Beside the statuses of `core.lineage.columns`: nobody has tried.
NOT_TRACED: Final = "not_traced"


@dataclass(frozen=True, slots=True)
class NodeFact:
    """Just enough of a node to link to it."""

    unique_id: str
    name: str
    resource_type: str
    materialization: str | None
    last_status: str | None


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column of a node; `*` stands for all of its rows."""

    node: str
    name: str
    resource_type: str
    column: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A column feeds another or decides on it; `change` and `before` where two snapshots are compared."""

    parent: ColumnRef
    child: ColumnRef
    kind: str
    transform: str
    confidence: float
    span: tuple[int, int] | None
    change: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class NodeLink:
    """A node reads another; `change` where two snapshots are compared."""

    parent: str
    child: str
    change: str | None = None


@dataclass(frozen=True)
class Listed(Generic[T]):
    """One page of a list, and the total of the whole list."""

    items: Sequence[T]
    total: int
    next_cursor: str | None
