"""x."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wanted:
    """Which of what a walk reaches is listed."""

    direction: str = "up"
    steps: int | None = None
    q: str = ""
    resource_types: tuple[str, ...] = ()
    influence: bool = False
    tests: bool = False


COLUMN_SHEET: Any = ()
NODE_SHEET: Any = ()


def columns_from(*a: Any, **k: Any) -> Any:
    raise NotImplementedError


nodes_from = columns_from
column_row = columns_from
node_row = columns_from
