"""x."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ends:
    """Where a way begins and ends."""

    from_node: str
    to_node: str
    from_column: str | None = None
    to_column: str | None = None
    influence: bool = False


def shortest(*a: Any, **k: Any) -> Any:
    raise NotImplementedError
