"""The operations of the OpenAPI document, and a request for each that is as good as the document can tell."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from api.main import create_app
from core.kit.settings import Settings

METHODS: Final = frozenset({"get", "head", "post", "put", "patch", "delete", "options"})
Document = Mapping[str, Any]

# What exists, by the name of the parameter. Whatever is not named here is made from its schema.
REAL: Final[Mapping[str, str]] = {
    "workspace": "shop",
    "unique_id": "model.shop.orders",
    "run_id": "run-1",
    "step": "1",
    "name": "manifest.json",
    "username": "sam",
    "environment": "dev",
    "variable": "REGION",
    "token_id": "2001",
    "session_id": "00000000-0000-4000-8000-000000000001",
    "drop_id": "1",
    "channel_id": "3001",
    "rule_id": "3001",
    "delivery_id": "00000000-0000-4000-8000-000000003001",
    "job": "nightly",
    "trigger_id": "1",
    "call_id": "1",
    "snapshot_id": "1",
    "other_id": "2",
    "field": "owner",
    "column": "id",
    "from": "1",
    "from_node": "model.shop.orders",
    "to_node": "model.shop.orders",
}
# The same, of things that do not exist.
UNREAL: Final[Mapping[str, str]] = {
    "unique_id": "model.shop.nothing",
    "run_id": "run-nothing",
    "step": "99",
    "name": "nothing.json",
    "username": "nobody-at-all",
    "environment": "nowhere",
    "variable": "NOTHING",
    "token_id": "999999",
    "session_id": "00000000-0000-4000-8000-999999999999",
    "drop_id": "999999",
    "channel_id": "999999",
    "rule_id": "999999",
    "delivery_id": "00000000-0000-4000-8000-999999999998",
    "job": "nothing",
    "trigger_id": "999999",
    "call_id": "999999",
    "snapshot_id": "999999",
    "other_id": "999998",
    "field": "nothing",
    "column": "nothing",
    "from": "999999",
    "from_node": "model.shop.nothing",
    "to_node": "model.shop.nothing",
}


@dataclass(frozen=True)
class Operation:
    """A method at a path, as the document describes it."""

    method: str
    path: str
    raw: Mapping[str, Any]
    document: Document

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def scope(self) -> str | None:
        """What it needs; None for public ones."""
        return self.raw.get("x-scope")

    @property
    def in_workspace(self) -> bool:
        return "{workspace}" in self.path

    @property
    def takes_body(self) -> bool:
        return "requestBody" in self.raw

    @property
    def changes(self) -> bool:
        return self.method not in {"GET", "HEAD", "OPTIONS"}

    def parameters(self, place: str) -> list[Mapping[str, Any]]:
        """Its parameters in `path` or `query`."""
        return [item for item in self.raw.get("parameters", []) if item["in"] == place]

    @property
    def ids(self) -> list[str]:
        """What names the things it is about: in its path, the workspace aside, and needed in its query."""
        needed = [item for item in self.parameters("query") if item.get("required")]
        names = [item["name"] for item in (*self.parameters("path"), *needed)]
        return [name for name in names if name in REAL and name != "workspace"]

    def url(self, **values: str) -> str:
        """Its address: with these values, else with those that exist, else with any that are valid."""
        schemas = {item["name"]: item["schema"] for item in self.parameters("path")}

        def value(name: str) -> str:
            known = values.get(name, REAL.get(name))
            return quote(str(sample(schemas[name], self.document) if known is None else known), safe="")

        found = re.sub(r"{(\w+)(?::\w+)?}", lambda match: value(match[1]), self.path)
        needed = {
            item["name"]: values.get(item["name"], REAL.get(item["name"]))
            or sample(item["schema"], self.document)
            for item in self.parameters("query")
            if item.get("required")
        }
        if self.path.endswith("/events"):
            needed["seconds"] = 0  # of a stream that goes on, only the beginning
        query = "&".join(f"{name}={quote(str(value))}" for name, value in needed.items())
        return f"{found}?{query}" if query else found

    def body(self, workspace: str = REAL["workspace"]) -> Any:
        """A body of its schema, which names this workspace where it names one; None for those without."""
        if not self.takes_body:
            return None
        schema = self.raw["requestBody"]["content"]["application/json"]["schema"]
        return sample(schema, self.document, {"workspace": workspace, "scopes": ["run:read"]})


def operations_of(document: Document) -> list[Operation]:
    """Every operation of a document."""
    return [
        Operation(method.upper(), path, raw, document)
        for path, methods in document["paths"].items()
        for method, raw in methods.items()
        if method in METHODS
    ]


@cache
def document() -> Document:
    """The document of the product."""
    settings = Settings.model_construct(database_url=None, data_dir=Path(), dagster_url=None)
    return create_app(settings).openapi()


OPERATIONS: Final = operations_of(document())


def sample(schema: Mapping[str, Any], root: Document, known: Mapping[str, Any] | None = None) -> Any:
    """A value of a schema: its example, its default, or something small."""
    while "$ref" in schema:
        schema = _resolved(schema["$ref"], root)
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    for name in ("anyOf", "oneOf"):
        if name in schema:
            return sample(schema[name][0], root, known)
    if schema.get("type") == "object" or "properties" in schema:
        return _object(schema, root, known or {})
    return _plain(schema, root, known)


def _resolved(reference: str, root: Document) -> Mapping[str, Any]:
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _object(schema: Mapping[str, Any], root: Document, known: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    named = {name: value for name, value in known.items() if name in properties}
    needed: Sequence[str] = schema.get("required", ())
    return {**{name: sample(properties[name], root, known) for name in needed}, **named}


def _plain(schema: Mapping[str, Any], root: Document, known: Mapping[str, Any] | None) -> Any:
    match schema.get("type"):
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return False
        case "array":
            return [sample(schema["items"], root, known)] * max(1, schema.get("minItems", 1))
        case "null":
            return None
        case _:
            return _text(schema)


def _text(schema: Mapping[str, Any]) -> str:
    formats = {
        "date-time": "2026-01-01T00:00:00Z",
        "date": "2026-01-01",
        "uuid": "00000000-0000-4000-8000-000000000001",
        "email": "sam@example.org",
        "uri": "https://example.org/",
    }
    found = formats.get(schema.get("format", ""), "sample")
    return found[: schema.get("maxLength", 100)].ljust(schema.get("minLength", 0), "x")
