"""manifest.json, parsed into typed values (https://schemas.getdbt.com/dbt/manifest/v12.json and before)."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from core.artifacts.errors import MalformedArtifact
from core.artifacts.results import parse_time
from core.catalog.values import ParsedColumn, ParsedNode

SECTIONS = (
    "nodes",
    "sources",
    "exposures",
    "metrics",
    "semantic_models",
    "saved_queries",
    "unit_tests",
)

# Differ between two parses of the same project, or are results rather than content.
VOLATILE = frozenset(
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
    ]
)
_encoder = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True)
class Manifest:
    """What a manifest says, and which dbt and adapter wrote it."""

    nodes: list[ParsedNode]
    dbt_version: str | None
    adapter_type: str | None
    project_name: str | None
    assets_digest: str
    generated_at: datetime | None = None


def parse_manifest(raw: Mapping[str, Any]) -> Manifest:
    """Turn the raw manifest into typed values.

    Raises:
        MalformedArtifact: a section or node does not have the shape of a manifest.
    """
    metadata = raw.get("metadata") or {}
    try:
        nodes = [_parse(unique_id, node, section) for section, unique_id, node in _entries(raw)]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = f"manifest.json has a node of an unexpected shape ({type(error).__name__}: {error})."
        raise MalformedArtifact(reason) from error
    return Manifest(
        nodes,
        _text(metadata.get("dbt_version")),
        _text(metadata.get("adapter_type")),
        _text(metadata.get("project_name")),
        _assets_digest(nodes),
        _moment(metadata.get("generated_at")),
    )


def _moment(value: Any) -> datetime | None:
    try:
        return parse_time(value)
    except ValueError:
        return None


def _entries(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    if not isinstance(raw.get("nodes"), dict):
        raise MalformedArtifact("manifest.json has no nodes section.")
    for section in SECTIONS:
        for unique_id, node in (raw.get(section) or {}).items():
            yield section, unique_id, node


def _parse(unique_id: str, node: Mapping[str, Any], section: str) -> ParsedNode:
    read = (node.get("depends_on") or {}).get("nodes") or []
    parents = [str(parent) for parent in read if parent != unique_id]
    compiled = _text(node.get("compiled_code") or node.get("compiled_sql"))
    stable = {key: value for key, value in node.items() if key not in VOLATILE}
    return ParsedNode(
        unique_id=unique_id,
        fields=_fields(unique_id, node, section, parents),
        columns=_columns(node),
        parents=list(dict.fromkeys(parents)),
        compiled_code=compiled or None,
        content_hash=hashlib.sha256(_encoder.encode(stable)).hexdigest(),
    )


def _fields(unique_id: str, node: Mapping[str, Any], section: str, parents: list[str]) -> dict[str, Any]:
    config: Mapping[str, Any] = node.get("config") or {}
    kind = str(node.get("resource_type") or _SINGULAR.get(section) or section.removesuffix("s"))
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
        "language": _text(node.get("language")),
        "tags": [str(tag) for tag in node.get("tags") or config.get("tags") or []],
        "owner": _owner(node, config),
        "group_name": _text(node.get("group") or config.get("group")),
        "access": _text(node.get("access")),
        "contract_enforced": bool((node.get("contract") or {}).get("enforced")),
        "config": dict(config),
        "meta": node.get("meta") or config.get("meta") or {},
        "extra": {key: node[key] for key in _EXTRA if node.get(key) not in (None, "", [], {})},
        "macros": [str(macro) for macro in (node.get("depends_on") or {}).get("macros") or []],
        "raw_code": _text(node.get("raw_code") or node.get("raw_sql") or None),
        **_test_fields(unique_id, kind, node, config, parents),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


_MATERIALIZED = frozenset({"model", "seed", "snapshot"})
_SINGULAR = {"saved_queries": "saved_query"}
_EXTRA = [
    "url",
    "type",
    "maturity",
    "label",
    "type_params",
    "filter",
    "given",
    "expect",
    "overrides",
    "loader",
    "source_name",
    "source_description",
    "identifier",
    "freshness",
    "loaded_at_field",
    "version",
    "latest_version",
    "deprecation_date",
    "constraints",
    "external",
    "entities",
    "measures",
    "dimensions",
    "query_params",
    "exports",
    "primary_key",
    "time_granularity",
]


def _name(node: Mapping[str, Any], kind: str) -> str:
    name = str(node["name"])
    if kind == "source":
        return f"{node.get('source_name', '?')}.{name}"
    version = node.get("version")
    return f"{name}.v{version}" if version is not None and kind == "model" else name


def _owner(node: Mapping[str, Any], config: Mapping[str, Any]) -> str | None:
    declared = node.get("owner")
    if isinstance(declared, dict):
        owner: Any = declared.get("name") or declared.get("email")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return str(owner) if owner else None
    meta: Mapping[str, Any] = node.get("meta") or config.get("meta") or {}
    owner = meta.get("owner")
    return str(owner) if owner else None


def _test_fields(
    unique_id: str, kind: str, node: Mapping[str, Any], config: Mapping[str, Any], parents: list[str]
) -> dict[str, Any]:
    if kind == "unit_test":
        attached = next((parent for parent in parents if parent.startswith("model.")), None)
        return {"test_kind": "unit", "attached_node": attached, "column_name": None, "severity": "error"}
    if kind != "test":
        return {"test_kind": None, "attached_node": None, "column_name": None, "severity": None}
    metadata: Mapping[str, Any] = node.get("test_metadata") or {}
    attached = node.get("attached_node") or (parents[0] if len(parents) == 1 else None)
    return {
        "test_kind": _text(metadata.get("name")) or "singular",
        "attached_node": attached if attached != unique_id else None,
        "column_name": _text(node.get("column_name")),
        "severity": str(config.get("severity") or "error").lower(),
    }


def _columns(node: Mapping[str, Any]) -> list[ParsedColumn]:
    declared: Any = node.get("columns") or {}
    values = declared.values() if isinstance(declared, dict) else declared  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    columns: dict[str, ParsedColumn] = {}
    for position, column in enumerate(values):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if isinstance(column, dict) and column.get("name"):  # pyright: ignore[reportUnknownMemberType]
            parsed = _column(column, position)  # pyright: ignore[reportUnknownArgumentType]
            columns.setdefault(parsed.name.lower(), parsed)
    return list(columns.values())


def _column(column: Mapping[str, Any], position: int) -> ParsedColumn:
    return ParsedColumn(
        str(column["name"]),
        position,
        _text(column.get("data_type")),
        _text(column.get("description")) or "",
        [str(tag) for tag in column.get("tags") or []],
    )


def _assets_digest(nodes: list[ParsedNode]) -> str:
    """Changes when the shape that Dagster shows would: nodes, their edges, which test hangs on which."""
    shape = sorted([n.unique_id, n.fields["attached_node"] or "", *sorted(n.parents)] for n in nodes)
    return hashlib.sha256(_encoder.encode(shape)).hexdigest()
