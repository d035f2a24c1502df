"""x."""

from typing import Any


def event_of(*a: Any, **k: Any) -> Any:
    raise NotImplementedError


events = event_of
