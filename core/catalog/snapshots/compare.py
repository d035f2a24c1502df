"""What differs between two states of a node, and which differences break those who read it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from core.catalog.columns import Column, merge

# What dbt puts into the warehouse, for others to read.
RELATIONS: Final = frozenset({"model", "seed", "snapshot", "source"})
_PLACE: Final = ("database_name", "schema_name", "relation_name")
_ACCESS: Final = {"private": 0, "protected": 1, "public": 2}
# Compared by themselves, or without meaning to a reader.
_ASIDE: Final = frozenset(
    {
        "config",
        "meta",
        "contract",
        "constraints",
        "access",
        "group",
        "version",
        "checksum",
        "unrendered_config",
        "refs",
        "sources",
        "depends_on",
        "doc_blocks",
        "docs",
        "alias",
        "identifier",
        "patch_path",
    }
)
_CONFIG_ASIDE: Final = frozenset(
    {"materialized", "tags", "meta", "contract", "access", "group", "schema", "database", "alias", "enabled"}
)


@dataclass(frozen=True)
class Side:
    """A node at one of two moments."""

    facts: Mapping[str, Any]
    body: Mapping[str, Any]
    columns: Sequence[Mapping[str, Any]]
    table: Mapping[str, Any] | None
    raw_hash: UUID | None
    compiled_hash: UUID | None

    @property
    def is_relation(self) -> bool:
        """Whether others can read it in the warehouse."""
        return self.facts["resource_type"] in RELATIONS and self.facts["materialization"] != "ephemeral"

    @property
    def config(self) -> Mapping[str, Any]:
        """Its configuration."""
        return self.body.get("config") or {}


@dataclass(frozen=True)
class Change:
    """One difference. `why` says what a breaking one breaks."""

    aspect: str
    what: str
    before: Any = None
    after: Any = None
    why: str | None = None

    @property
    def breaking(self) -> bool:
        """Whether those who read the node have to change something."""
        return self.why is not None


def compare(old: Side, new: Side) -> list[Change]:
    """Every difference, breaking ones first."""
    found = [
        *_code(old, new),
        *_contract(old, new),
        *_columns(old, new),
        *_place(old, new),
        *_materialization(old, new),
        *_said(old, new),
        *_rest(old, new),
    ]
    return sorted(found, key=lambda change: not change.breaking)


def _code(old: Side, new: Side) -> Iterator[Change]:
    if old.raw_hash != new.raw_hash:
        yield Change("sql", "code", old.raw_hash and str(old.raw_hash), new.raw_hash and str(new.raw_hash))
    elif old.compiled_hash and new.compiled_hash and old.compiled_hash != new.compiled_hash:
        yield Change("compiled", "compiled SQL", str(old.compiled_hash), str(new.compiled_hash))


def _contract(old: Side, new: Side) -> Iterator[Change]:
    before, after = old.facts["contract_enforced"], new.facts["contract_enforced"]
    if before != after:
        why = (
            "Its contract is no longer enforced: columns and types are promised no more." if before else None
        )
        yield Change("contract", "enforced", before, after, why)
    for what, given, taken in _lists(old.body.get("constraints"), new.body.get("constraints")):
        why = f"A constraint is gone: {_words(given)}." if given is not None and before else None
        yield Change("contract", what, given, taken, why)


def _lists(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    before, after = list(old or []), list(new or [])
    for item in before:
        if item not in after:
            yield "constraint", item, None
    for item in after:
        if item not in before:
            yield "constraint", None, item


def _words(constraint: Any) -> str:
    if not isinstance(constraint, Mapping):
        return str(constraint)
    kind: Any = constraint.get("type", "constraint")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    columns: Any = constraint.get("columns") or constraint.get("expression") or ""  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    listed = ", ".join(map(str, columns)) if isinstance(columns, list) else str(columns)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return f"{kind} {listed}".strip()


def _columns(old: Side, new: Side) -> Iterator[Change]:
    """Columns are compared as both sides know them: what was merely not known before is not new."""
    both = old.table is not None and new.table is not None
    before = {c.name.lower(): c for c in merge(old.columns, old.table if both else None)}
    after = {c.name.lower(): c for c in merge(new.columns, new.table if both else None)}
    known = both or (bool(before) and bool(after) and new.facts["contract_enforced"])
    for key, column in before.items():
        if key not in after:
            why = f"Who reads {column.name} no longer finds it." if known and old.is_relation else None
            yield Change("column", column.name, _type(column), None, why)
    for key, column in after.items():
        if key not in before:
            yield Change("column", column.name, None, _type(column) or "")
        else:
            yield from _column(before[key], column, breaks=old.is_relation)


def _column(old: Column, new: Column, *, breaks: bool) -> Iterator[Change]:
    before, after = _type(old), _type(new)
    if before and after and before.lower() != after.lower():
        why = f"{new.name} was {before} and is {after}." if breaks else None
        yield Change("column_type", new.name, before, after, why)
    if old.description != new.description:
        yield Change("column_description", new.name, old.description, new.description)
    gone = [
        constraint
        for constraint in (old.declared or {}).get("constraints") or []
        if constraint not in ((new.declared or {}).get("constraints") or [])
    ]
    for constraint in gone:
        yield Change(
            "contract", new.name, constraint, None, f"{new.name} lost a constraint: {_words(constraint)}."
        )


def _type(column: Column) -> str | None:
    return column.reported_type or column.declared_type


def _place(old: Side, new: Side) -> Iterator[Change]:
    before, after = _relation(old), _relation(new)
    if before != after:
        breaks = old.is_relation and before and after
        yield Change(
            "relation", "relation", before, after, f"It moved from {before} to {after}." if breaks else None
        )
    if old.facts["path"] != new.facts["path"]:
        yield Change("other", "file", old.facts["path"], new.facts["path"])


def _relation(side: Side) -> str | None:
    if side.facts["relation_name"]:
        return side.facts["relation_name"]
    parts = [side.facts[name] for name in _PLACE[:2]] + [side.facts.get("alias")]
    return ".".join(part for part in parts if part) or None


def _materialization(old: Side, new: Side) -> Iterator[Change]:
    before, after = old.facts["materialization"], new.facts["materialization"]
    if before != after:
        why = (
            "It is no relation any more: an ephemeral model exists only in who reads it."
            if after == "ephemeral"
            else None
        )
        yield Change("materialization", "materialization", before, after, why)


def _said(old: Side, new: Side) -> Iterator[Change]:
    for aspect, name in (("description", "description"), ("owner", "owner"), ("tags", "tags")):
        if old.facts[name] != new.facts[name]:
            yield Change(aspect, name, old.facts[name], new.facts[name])
    if (meta := _meta(old)) != (other := _meta(new)):
        yield Change("meta", "meta", meta, other)
    before, after = old.facts["access"], new.facts["access"]
    if before != after:
        narrower = _ACCESS.get(str(after), 1) < _ACCESS.get(str(before), 1)
        why = f"Its access is {after} now: who is outside may not read it any more." if narrower else None
        yield Change("other", "access", before, after, why)
    if old.facts["group_name"] != new.facts["group_name"]:
        yield Change("other", "group", old.facts["group_name"], new.facts["group_name"])


def _meta(side: Side) -> Any:
    return side.body.get("meta") or side.config.get("meta") or {}


def _rest(old: Side, new: Side) -> Iterator[Change]:
    for key in sorted({*old.config, *new.config} - _CONFIG_ASIDE):
        if old.config.get(key) != new.config.get(key):
            yield Change("config", key, old.config.get(key), new.config.get(key))
    for key in sorted({*old.body, *new.body} - _ASIDE):
        if old.body.get(key) != new.body.get(key):
            yield Change("other", key, old.body.get(key), new.body.get(key))
