"""catalog.json: the relations of the warehouse as dbt found them (https://schemas.getdbt.com/dbt/catalog/v1.json)."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from core.artifacts.errors import MalformedArtifact
from core.artifacts.raw_json import RawFile, open_raw
from core.artifacts.reading import MEND
from core.kit.hashing import content_hash

NAME: Final = "catalog.json"
SECTIONS: Final = ("nodes", "sources")


class Warehouse:
    """The relations of a catalog.json, each decoded when it is asked for."""

    def __init__(self, file: RawFile) -> None:
        self._file = file
        self.generated_at: Any = file.metadata.get("generated_at")

    @cached_property
    def _entries(self) -> Mapping[str, msgspec.Raw]:
        if not any(section in self._file.sections for section in SECTIONS):
            raise MalformedArtifact(f"{NAME} has neither nodes nor sources.", hint=MEND)
        return {key: raw for section in SECTIONS for key, raw in self._file.entries(section).items()}

    def hashes(self) -> Mapping[str, UUID]:
        """What is said of each relation, by unique_id.

        Raises:
            MalformedArtifact: the file does not have the shape of catalog.json.
        """
        return {key: content_hash(memoryview(raw)) for key, raw in self._entries.items()}

    def body(self, unique_id: str) -> dict[str, Any]:
        """One relation: `columns` in the warehouse's order, `stats` and `metadata`.

        Raises:
            MalformedArtifact: the entry has an unexpected shape.
        """
        where = f"the entry of {unique_id}"
        table = self._file.decode(self._entries[unique_id], where)
        try:
            return {
                "columns": _columns(table.get("columns") or {}),
                "stats": _stats(table.get("stats") or {}),
                "metadata": dict(table.get("metadata") or {}),
            }
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            reason = f"{NAME}: {where} has an unexpected shape ({type(error).__name__}: {error})."
            raise MalformedArtifact(reason, hint=MEND) from error


def open_warehouse(path: Path) -> Warehouse:
    """A catalog.json in the store.

    Raises:
        MalformedArtifact: it is none.
        UnsupportedArtifact: it names no schema version of dbt.
    """
    return Warehouse(open_raw(path, "catalog", NAME))


def _columns(columns: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = [
        {**column, "name": str(column["name"]), "index": int(column.get("index") or position)}
        for position, column in enumerate(columns.values())
    ]
    return sorted(found, key=lambda column: column["index"])


def _stats(stats: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every statistic of any adapter; `has_stats` only tells whether there are others."""
    return [
        {"id": key, **{name: stat.get(name) for name in ("label", "value", "description", "include")}}
        for key, stat in stats.items()
        if key != "has_stats"
    ]
