"""Which nodes a step is going to come to, as far as the catalog can tell before dbt has said anything."""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from core.catalog.models import Node
from core.catalog.reading import Reading
from core.catalog.selectors.parse import parse
from core.catalog.selectors.sql import matching
from core.kit.errors import WorkbenchError

# What each command does something with; the others work on no node, or say nothing of it while they do.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "build": ("model", "seed", "snapshot", "test", "unit_test"),
    "run": ("model",),
    "test": ("test", "unit_test"),
    "seed": ("seed",),
    "snapshot": ("snapshot",),
}
# Flags under which the same selection may mean other nodes, or that only dbt can resolve.
BEYOND: Final = (
    "selector",
    "state",
    "defer",
    "indirect_selection",
    "resource_types",
    "exclude_resource_types",
    "resource_type",
    "exclude_resource_type",
    "sample",
    "models",
)
# These compare with an earlier run or manifest that dbt is given, not with the catalog.
COMPARING: Final = ("result:", "state:", "source_status:", "selector:")


def expected_nodes(reading: Reading, command: str, options: Mapping[str, Any]) -> sa.Select[Any] | None:
    """The nodes of the catalog that a step will come to, as a query on `Node`; None where nobody can tell."""
    kinds = KINDS.get(command)
    if kinds is None or any(options.get(name) for name in BEYOND):
        return None
    here = (
        Node.environment_id == reading.environment_id,
        Node.resource_type.in_(kinds),
        Node.materialization.is_distinct_from("ephemeral"),
    )
    query = sa.select(Node.unique_id).where(*here)
    chosen = _words(options.get("select")), _words(options.get("exclude"))
    if not any(chosen):
        return query
    if any(word in text for word in COMPARING for text in chosen):
        return None
    try:
        return query.where(Node.unique_id.in_(matching(reading, parse(*chosen))))
    except WorkbenchError:
        return None


def _words(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value or "")  # pyright: ignore[reportUnknownArgumentType]
