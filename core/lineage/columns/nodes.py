"""The nodes of a project as lineage sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from core.catalog.values import ParsedNode
from core.lineage.columns.relations import name_parts
from core.lineage.columns.values import QueryLineage, Status

KINDS: Final = frozenset({"model", "seed", "snapshot", "source"})


class KnownFrom(StrEnum):
    """What a column is known from, the best first."""

    CATALOG = "catalog"
    CONTRACT = "contract"
    YAML = "yaml"
    INFERRED = "inferred"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ProjectNode:
    """A model, seed, snapshot or source. `declared` are the columns of its YAML, in order."""

    unique_id: str
    kind: str
    name: str
    relation: tuple[str, ...]
    declared: tuple[str, ...] = ()
    contract: bool = False
    materialization: str = ""
    language: str = "sql"
    sql: str = ""
    raw_sql: str = ""
    parents: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def ephemeral(self) -> bool:
        """Whether it is inlined where it is read, and never a relation."""
        return self.materialization == "ephemeral"


@dataclass(frozen=True)
class NodeColumn:
    """A column of a node; `status` is that of its lineage.

    `listed`: those who read the node are told of it. `from_use`: all that is known is that somebody reads it.
    """

    name: str
    known_from: KnownFrom
    status: Status
    reason: str = ""
    listed: bool = True
    from_use: bool = False


@dataclass(frozen=True)
class NodeLineage:
    """The lineage of a node: its columns by name, in order, and the edges that end in them.

    `seconds` is what it took to compute, 0 where it was kept from before. `complete`: there are no columns
    but the listed ones.
    """

    status: Status
    reason: str
    columns: Mapping[str, NodeColumn]
    query: QueryLineage | None = None
    seconds: float = 0.0
    complete: bool = False


def node_of(parsed: ParsedNode) -> ProjectNode | None:
    """The node of an entry of the manifest; nothing for tests, macros and others without columns."""
    facts = parsed.facts
    kind = str(facts["resource_type"])
    if kind not in KINDS:
        return None
    config: Any = parsed.body.get("config")
    return ProjectNode(
        unique_id=parsed.unique_id,
        kind=kind,
        name=parsed.unique_id.split(".", 2)[-1] if kind == "model" else str(facts["name"]),
        relation=_relation(facts),
        declared=tuple(str(column["name"]) for column in parsed.columns),
        contract=bool(facts.get("contract_enforced")),
        materialization=str(facts.get("materialization") or ""),
        language=str(facts.get("language") or "sql"),
        sql=parsed.compiled_code or "",
        raw_sql=parsed.raw_code or "",
        parents=tuple(parsed.parents),
        config=config if isinstance(config, dict) else {},  # pyright: ignore[reportUnknownArgumentType]
    )


def _relation(facts: Mapping[str, Any]) -> tuple[str, ...]:
    written = facts.get("relation_name")
    if written:
        return name_parts(str(written))
    name = facts.get("alias") or facts.get("source_table") or facts.get("name")
    parts: Sequence[Any] = (facts.get("database_name"), facts.get("schema_name"), name)
    return tuple(str(part) for part in parts if part)
