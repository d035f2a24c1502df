"""x."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wanted:
    since: int
    until: int | None = None
    changes: tuple[str, ...] = ()
    q: str = ""


SHEET: Any = ()


def changes_page(*a: Any, **k: Any) -> Any:
    raise NotImplementedError


row = changes_page
