"""x."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wanted:
    column: str | None = None
    kind: str = "nodes"
    q: str = ""
    influence: bool = True


SHEET: Any = ()


def impact_of(*a: Any, **k: Any) -> Any:
    raise NotImplementedError


row = impact_of
