"""How well a project is kept, as JSON."""

from datetime import datetime

from pydantic import BaseModel
from pydantic.dataclasses import dataclass

from api.models.items import NodeItem
from core.catalog.coverage import Coverage


class CheckCount(BaseModel):
    """How many nodes do not pass a check, of how many."""

    count: int
    of: int


class ValidationItem(NodeItem):
    """A node and the checks that it does not pass."""

    checks: list[str]


class ValidationOut(BaseModel):
    """One page of nodes that do not pass; `summary` is by check, of the whole."""

    summary: dict[str, CheckCount]
    items: list[ValidationItem]
    total: int
    next_cursor: str | None


@dataclass(frozen=True)
class TrendPoint(Coverage):
    """Coverage at one snapshot: counts of models and of their columns."""

    snapshot_id: int
    at: datetime


class TrendOut(BaseModel):
    """Coverage over time, oldest first."""

    items: list[TrendPoint]
