"""manifest.json, read node by node (https://schemas.getdbt.com/dbt/manifest/v12.json and all before).

Sections and fields that nobody knows here are taken as they come: a newer dbt is read by what it has in
common with those before.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from core.artifacts.errors import MalformedArtifact
from core.artifacts.raw_json import RawFile, open_raw
from core.artifacts.reading import MEND
from core.artifacts.times import time_or_none
from core.catalog.values import TEST_TYPES, ParsedNode
from core.kit.hashing import content_hash, text_hash

NAME: Final = "manifest.json"
# Entries of these sections are no nodes, or are nodes that the project does not use.
NO_NODES: Final = frozenset(
    {"metadata", "selectors", "disabled", "parent_map", "child_map", "group_map", "files", "child_map_patch"}
)
SINGULAR: Final = {
    "nodes": "node",
    "saved_queries": "saved_query",
    "analyses": "analysis",
}
# Differ between two parses of the same project, or are results rather than content.
VOLATILE: Final = frozenset(
    [
        "created_at",
        "compiled",
        "compiled_code",
        "compiled_sql",
        "compiled_path",
        "build_path",
        "extra_ctes",
        "extra_ctes_injected",
        "deferred",
        "relation_name_quoted",
        "root_path",
        "injected_sql",
    ]
)
CODE: Final = ("raw_code", "raw_sql", "macro_sql", "block_contents")
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:?\d\d|Z)?")
_ONE_RUN: Final = timedelta(days=1)
_encoder: Final = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True)
class Entry:
    """A node of a manifest, still as its bytes. `hash` is of these bytes."""

    unique_id: str
    section: str
    raw: msgspec.Raw

    @property
    def hash(self) -> Any:
        """Of the bytes: while it is the same, so is everything that the manifest says of the node."""
        return content_hash(memoryview(self.raw))


class Manifest:
    """A manifest whose nodes are decoded one at a time."""

    def __init__(self, file: RawFile) -> None:
        self._file = file
        metadata = file.metadata
        self.dbt_version = _text(metadata.get("dbt_version"))
        self.adapter_type = _text(metadata.get("adapter_type"))
        self.project_name = _text(metadata.get("project_name"))
        self.generated_at = time_or_none(metadata.get("generated_at"))

    def entries(self) -> Iterator[Entry]:
        """Every node of every section.

        Raises:
            MalformedArtifact: there is no section of nodes, or an entry comes twice.
        """
        if not self._is_object("nodes"):
            raise MalformedArtifact(f"{NAME} has no nodes section.", hint=MEND)
        seen: dict[str, str] = {}
        for section in self._file.sections:
            if section in NO_NODES or not (section in KNOWN or self._is_object(section)):
                continue
            for unique_id, raw in self._file.entries(section).items():
                if unique_id in seen:
                    raise MalformedArtifact(
                        f"{NAME} names {unique_id} both in {seen[unique_id]!r} and in {section!r}.", hint=MEND
                    )
                seen[unique_id] = section
                yield Entry(unique_id, section, raw)

    def _is_object(self, section: str) -> bool:
        raw = self._file.sections.get(section)
        return raw is not None and bytes(memoryview(raw)[:1]) == b"{"

    def parse(self, entry: Entry) -> ParsedNode | None:
        """The node of an entry; None for entries of unknown sections that are no nodes.

        Raises:
            MalformedArtifact: the entry does not have the shape of a node.
        """
        where = f"the entry of {entry.unique_id} in {entry.section!r}"
        raw = self._file.decode(entry.raw, where)
        if not isinstance(raw, dict) or (entry.section not in KNOWN and "name" not in raw):
            if entry.section in KNOWN:
                raise MalformedArtifact(f"{NAME}: {where} is no object.", hint=MEND)
            return None
        try:
            return parse_node(entry.unique_id, entry.section, raw, self.generated_at)  # pyright: ignore[reportUnknownArgumentType]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            reason = f"{NAME}: {where} has an unexpected shape ({type(error).__name__}: {error})."
            raise MalformedArtifact(reason, hint=MEND) from error


KNOWN: Final = frozenset(
    {
        "nodes",
        "sources",
        "macros",
        "docs",
        "exposures",
        "metrics",
        "groups",
        "saved_queries",
        "semantic_models",
        "unit_tests",
        "functions",
    }
)


def open_manifest(path: Path) -> Manifest:
    """A manifest in the store.

    Raises:
        MalformedArtifact: it is none.
        UnsupportedArtifact: it names no schema version of dbt.
    """
    return Manifest(open_raw(path, "manifest", NAME))


def parse_node(
    unique_id: str, section: str, node: Mapping[str, Any], generated_at: datetime | None = None
) -> ParsedNode:
    """An entry as a node. `generated_at`: when the manifest was written, see `compiled_hash`."""
    own = node.get("unique_id")
    if own is not None and own != unique_id:
        raise ValueError(f"it calls itself {own}")
    facts, columns = _facts(unique_id, node, section), _columns(node)
    stable = {key: value for key, value in node.items() if key not in VOLATILE}
    code = next((str(node[key]) for key in CODE if node.get(key)), None)
    compiled = _text(node.get("compiled_code") or node.get("compiled_sql")) or None
    raw_hash = text_hash(code)
    return ParsedNode(
        unique_id=unique_id,
        facts=facts,
        body={key: value for key, value in stable.items() if key not in _ELSEWHERE and value not in _EMPTY},
        columns=columns,
        raw_code=code,
        compiled_code=compiled,
        content_hash=content_hash(_encoder.encode(_lasting(stable, facts["resource_type"]))),
        raw_hash=raw_hash,
        compiled_hash=hash_of_compiled(compiled, generated_at),
    )


def _lasting(node: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """What two commands on the same project say alike.

    Running a test adds the macros that it calls to what it depends on; hooks are numbered anew each time.
    """
    if kind in TEST_TYPES:
        depends = _mapping(node.get("depends_on"))
        return {**node, "depends_on": {key: value for key, value in depends.items() if key != "macros"}}
    return {key: value for key, value in node.items() if key != "index"} if kind in _HOOKS else node


def hash_of_compiled(compiled: str | None, generated_at: datetime | None) -> UUID | None:
    """The hash of compiled SQL, the same for two runs that differ in nothing but their moment.

    `generated_at`: when the artifact that holds it was written.
    """
    return text_hash(None if compiled is None else _without_run_time(compiled, generated_at))


def _without_run_time(compiled: str, generated_at: datetime | None) -> str:
    """Compiled SQL without the moment of its run, which alone is no change of the SQL."""
    if generated_at is None:
        return compiled
    return _TIMESTAMP.sub(lambda found: _unless_of_the_run(found[0], generated_at), compiled)


def _unless_of_the_run(literal: str, generated_at: datetime) -> str:
    moment = time_or_none(literal)
    of_the_run = moment is not None and timedelta() <= generated_at - moment <= _ONE_RUN
    return "~run time~" if of_the_run else literal


_HOOKS: Final = frozenset({"operation", "sql_operation"})
_EMPTY: Final[Sequence[Any]] = (None, "", [], {})
# Kept as facts, as columns or as texts of their own.
_ELSEWHERE: Final = frozenset(
    {
        *CODE,
        "columns",
        "unique_id",
        "resource_type",
        "name",
        "package_name",
        "original_file_path",
        "description",
        "database",
        "schema",
        "relation_name",
        "language",
        "fqn",
        "tags",
        "attached_node",
        "column_name",
    }
)


def _facts(unique_id: str, node: Mapping[str, Any], section: str) -> dict[str, Any]:
    config: Mapping[str, Any] = _mapping(node.get("config"))
    kind = str(node.get("resource_type") or SINGULAR.get(section) or section.removesuffix("s"))
    depends = _mapping(node.get("depends_on"))
    parents = list(dict.fromkeys(str(item) for item in depends.get("nodes") or [] if item != unique_id))
    return {
        "resource_type": kind,
        "name": _name(node, kind),
        "package_name": _text(node.get("package_name")) or "",
        "path": _text(node.get("original_file_path") or node.get("path")) or "",
        "description": _text(node.get("description")) or "",
        "database_name": _text(node.get("database")),
        "schema_name": _text(node.get("schema")),
        "relation_name": _text(node.get("relation_name")),
        "materialization": _text(config.get("materialized")) if kind in _MATERIALIZED else None,
        "language": _text(node.get("language")) or _LANGUAGES.get(kind),
        "tags": _tags(node, config),
        "fqn": [str(part) for part in node.get("fqn") or []],
        "owner": _owner(node, config),
        "group_name": _text(node.get("group") or config.get("group")),
        "access": _text(node.get("access") or config.get("access")),
        "version": _text(node.get("version")),
        "contract_enforced": bool(_mapping(node.get("contract") or config.get("contract")).get("enforced")),
        "parents": parents,
        "macros": [str(macro) for macro in depends.get("macros") or []],
        "source_name": _text(node.get("source_name")),
        "source_table": _text(node.get("name")) if kind == "source" else None,
        "patch_path": _text(node.get("patch_path")),
        "alias": _text(node.get("alias") or node.get("identifier")),
        **_test_facts(unique_id, kind, node, config, parents),
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


_MATERIALIZED: Final = frozenset({"model", "seed", "snapshot", "function"})
_LANGUAGES: Final = {"macro": "jinja", "doc": "markdown"}


def _tags(node: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    tags: Any = node.get("tags") or config.get("tags") or []
    return [tags] if isinstance(tags, str) else list(dict.fromkeys(str(tag) for tag in tags))


def _name(node: Mapping[str, Any], kind: str) -> str:
    name = str(node["name"])
    if kind == "source":
        return f"{node.get('source_name', '?')}.{name}"
    version = node.get("version")
    return f"{name}.v{version}" if version is not None and kind == "model" else name


def _owner(node: Mapping[str, Any], config: Mapping[str, Any]) -> str | None:
    """The owner that an exposure or group names, or else the one in `meta`."""
    declared = _mapping(node.get("owner"))
    meta = _mapping(node.get("meta") or config.get("meta"))
    owner: Any = declared.get("name") or declared.get("email") or meta.get("owner")
    if isinstance(owner, dict):
        return _owner({"owner": owner}, {})
    if isinstance(owner, list):
        return ", ".join(str(one) for one in owner) or None  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return str(owner) if owner else None


def _test_facts(
    unique_id: str, kind: str, node: Mapping[str, Any], config: Mapping[str, Any], parents: Sequence[str]
) -> dict[str, Any]:
    if kind == "unit_test":
        attached = next((parent for parent in parents if parent.startswith("model.")), None)
        return {"test_kind": "unit", "attached_node": attached, "column_name": None, "severity": "error"}
    if kind != "test":
        return {"test_kind": None, "attached_node": None, "column_name": None, "severity": None}
    attached = node.get("attached_node") or (parents[0] if len(parents) == 1 else None)
    return {
        "test_kind": _text(_mapping(node.get("test_metadata")).get("name")) or "singular",
        "attached_node": attached if attached != unique_id else None,
        "column_name": _text(node.get("column_name")),
        "severity": str(config.get("severity") or "error").lower()[:10],
    }


def _columns(node: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Declared columns; of two that differ in case alone the first counts. What is empty is left out."""
    declared: Any = node.get("columns") or {}
    values = declared.values() if isinstance(declared, dict) else declared  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    columns: dict[str, dict[str, Any]] = {}
    for column in values:  # pyright: ignore[reportUnknownVariableType]
        if isinstance(column, dict) and column.get("name"):  # pyright: ignore[reportUnknownMemberType]
            known: dict[str, Any] = {key: value for key, value in column.items() if value not in _EMPTY}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
            known["name"] = str(known["name"])
            columns.setdefault(known["name"].lower(), known)
    return list(columns.values())
