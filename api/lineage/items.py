"""What answers about lineage share: columns, edges between them, and where tracing stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

Change = Literal["added", "removed", "changed"]
Transform = Literal[
    "copied",
    "renamed",
    "transformed",
    "aggregated",
    "filter",
    "join",
    "group",
    "order",
    "window",
    "distinct",
]
Kind = Literal["value", "influence"]
KnownFrom = Literal["catalog", "contract", "yaml", "inferred", "unknown"]
ColumnStatus = Literal["complete", "none", "partial", "unknown", "not_applicable"]
NodeStatus = Literal["complete", "partial", "unknown", "not_applicable", "not_traced"]


class FromCore(BaseModel):
    """Read from the attributes of what the core answers."""

    @classmethod
    def of(cls, found: object) -> Self:
        """From the core's answer."""
        return cls.model_validate(found, from_attributes=True)


class ColumnRef(FromCore):
    """A column of a node; `*` stands for all rows of the node."""

    node: str
    name: str
    resource_type: str
    column: str


class ColumnEdgeOut(FromCore):
    """A column feeds another (`value`), or decides on it (`influence`).

    The span is of the compiled SQL of the `to` node. `change`, and `before` (its transform then), are there
    where two snapshots are compared.
    """

    from_: ColumnRef = Field(validation_alias="parent", serialization_alias="from")
    to: ColumnRef = Field(validation_alias="child")
    kind: Kind
    transform: Transform
    confidence: float
    span: tuple[int, int] | None
    change: Change | None
    before: Transform | None


class NodeEdgeOut(FromCore):
    """`to` reads `from`."""

    from_: str = Field(validation_alias="parent", serialization_alias="from")
    to: str = Field(validation_alias="child")


class TraceStateOut(FromCore):
    """Where tracing stands. The lineage of `snapshot` is complete; `wanted` is the one being traced."""

    state: Literal["never", "waiting", "running", "done", "failed"]
    snapshot: int | None
    wanted: int | None
    current: bool
    done: int
    total: int
    computed: int
    error: str | None
    started_at: datetime | None
    finished_at: datetime | None


Counts = Mapping[str, int]
File = dict[int | str, dict[str, Any]]
CSV: File = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
