"""The columns of one node: where each comes from, and what decides on all rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


def columns_of(*a: Any, **k: Any) -> Any:
    raise NotImplementedError
