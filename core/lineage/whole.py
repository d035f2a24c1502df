"""x."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wanted:
    resource_types: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packed:
    tag: str
    body: bytes

    def plain(self) -> bytes: ...


def graph_of(*a: Any, **k: Any) -> Any:
    raise NotImplementedError
