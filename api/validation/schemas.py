"""How well a project is kept, as JSON."""

from datetime import datetime

from pydantic import BaseModel

from api.models.schemas import NodeItem


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


class TrendPoint(BaseModel):
    """Coverage at one snapshot: counts of models and of their columns."""

    snapshot_id: int
    at: datetime
    models: int = 0
    documented: int = 0
    tested: int = 0
    owned: int = 0
    columns: int = 0
    columns_documented: int = 0
    models_without_known_columns: int = 0


class TrendOut(BaseModel):
    """Coverage over time, oldest first."""

    items: list[TrendPoint]
