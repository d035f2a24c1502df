"""Cutting long lists into pieces that one statement can take."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` items, in order (`itertools.batched`, which Python 3.11 lacks)."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
