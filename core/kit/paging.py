"""Pages of lists."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.kit.errors import FieldError, Invalid

MAX_LIMIT = 200
T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page; `total` counts the whole list, or is None where nobody knows."""

    items: Sequence[T]
    total: int | None
    next_cursor: str | None


def encode_cursor(offset: int) -> str:
    """An opaque cursor for a place in a list."""
    return base64.urlsafe_b64encode(json.dumps({"o": offset}).encode()).decode()


def decode_cursor(cursor: str | None) -> int:
    """The offset that a cursor stands for; 0 without one.

    Raises:
        Invalid: the cursor is none of ours.
    """
    if cursor is None:
        return 0
    try:
        offset = range(2**63)[json.loads(base64.urlsafe_b64decode(cursor.encode()))["o"]]
    except (ValueError, KeyError, TypeError, IndexError, binascii.Error) as error:
        detail = FieldError("cursor", "is not a cursor of this list")
        raise Invalid(
            "The cursor is not valid.", hint="Leave it out to start over.", details=[detail]
        ) from error
    return offset


def page_of(items: Sequence[T], *, total: int, offset: int, limit: int) -> Page[T]:
    """A page out of items fetched at an offset."""
    end = offset + len(items)
    more = end < total and len(items) == limit
    return Page(items, total, encode_cursor(end) if more else None)
