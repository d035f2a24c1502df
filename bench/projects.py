"""dbt projects of any size, as the artifacts that dbt would write of them.

Layered like real ones: a tenth staging models over sources, the rest built on three models on average; 20
columns each, half of them described; two tests a model; SQL of joins, CTEs, windows and cases.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

COLUMNS: Final = 20
TESTS: Final = ("not_null", "unique")
AREAS: Final = ("finance", "marketing", "orders", "customers", "events", "inventory", "billing", "support")
WORDS: Final = (
    "amount",
    "status",
    "created",
    "region",
    "channel",
    "customer",
    "order",
    "price",
    "total",
    "score",
)
COLUMN_NAMES: Final = tuple(f"{WORDS[place % len(WORDS)]}_{place}" for place in range(COLUMNS))
TYPES: Final = ("INTEGER", "VARCHAR", "DOUBLE", "TIMESTAMP", "BOOLEAN")
Raw = dict[str, Any]


class Project:
    """The artifacts of a project. The same seed gives the same project."""

    def __init__(self, models: int, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._models = [self._name(number, models) for number in range(models)]
        self.manifest: Raw = {
            "metadata": _metadata("manifest", 12, 0),
            "nodes": {},
            "sources": {},
            "exposures": {},
            "metrics": {},
            "macros": {},
        }
        self.catalog: Raw = {"metadata": _metadata("catalog", 1, 0), "nodes": {}, "sources": {}}
        for number in range(max(1, models // 20)):
            self._add_source(number)
        for number in range(models):
            self._add_model(number)

    def _name(self, number: int, models: int) -> str:
        layer = "stg" if number < models // 10 else "int" if number < models // 2 else "fct"
        return f"{layer}_{AREAS[number % len(AREAS)]}_{WORDS[number // 8 % len(WORDS)]}_{number}"

    def _add_source(self, number: int) -> None:
        unique_id = f"source.bench.raw.table_{number}"
        self.manifest["sources"][unique_id] = {
            **_common(unique_id, "source", f"table_{number}", "models/sources.yml"),
            "source_name": "raw",
            "identifier": f"table_{number}",
            "schema": "raw",
            "relation_name": f'"bench"."raw"."table_{number}"',
        }
        self.catalog["sources"][unique_id] = _table(unique_id, f"table_{number}", "raw", COLUMN_NAMES)

    def _add_model(self, number: int) -> None:
        name = self._models[number]
        unique_id = f"model.bench.{name}"
        columns = COLUMN_NAMES
        parents = self._parents(number)
        code = _sql([parent.rsplit(".", 1)[1] for parent in parents], columns)
        area = AREAS[number % len(AREAS)]
        self.manifest["nodes"][unique_id] = {
            **_common(unique_id, "model", name, f"models/{area}/{name}.sql"),
            "fqn": ["bench", area, name],
            "description": f"One row per {WORDS[number % len(WORDS)]} of {area}, as of the day before.",
            "columns": {
                column: {
                    "name": column,
                    "description": f"The {column} of {area}." if place % 2 else "",
                    "meta": {},
                    "data_type": None,
                    "constraints": [],
                    "quote": None,
                    "tags": [],
                }
                for place, column in enumerate(columns)
            },
            "tags": [area, "nightly" if number % 3 else "hourly"],
            "meta": {"owner": f"team_{number % 12}"},
            "config": {"enabled": True, "materialized": "view" if number % 4 else "table", "tags": [area]},
            "depends_on": {"nodes": parents, "macros": []},
            "language": "sql",
            "raw_code": code,
            "compiled": True,
            "compiled_code": code.replace("{{ ref('table_", "bench.raw.table_")
            .replace("{{ ref('", "bench.main.")
            .replace("') }}", ""),
            "relation_name": f'"bench"."main"."{name}"',
        }
        for place, kind in enumerate(TESTS):
            self._add_test(unique_id, name, kind, columns[place])
        self.catalog["nodes"][unique_id] = _table(unique_id, name, "main", columns)

    def _parents(self, number: int) -> list[str]:
        if number < max(1, len(self._models) // 10):
            count = len(self.manifest["sources"])
            return [f"source.bench.raw.table_{number % count}"]
        wanted = self._random.randint(1, 5)
        near = {self._random.randrange(max(0, number - 400), number) for _ in range(wanted)}
        return [f"model.bench.{self._models[parent]}" for parent in sorted(near)]

    def _add_test(self, about: str, name: str, kind: str, column: str) -> None:
        unique_id = f"test.bench.{kind}_{name}_{column}.{abs(hash((kind, name))) % 10**10:010d}"
        self.manifest["nodes"][unique_id] = {
            **_common(unique_id, "test", f"{kind}_{name}_{column}", "models/schema.yml"),
            "config": {"enabled": True, "severity": "ERROR", "materialized": "test"},
            "test_metadata": {"name": kind, "kwargs": {"column_name": column}},
            "attached_node": about,
            "column_name": column,
            "depends_on": {"nodes": [about], "macros": [f"macro.dbt.test_{kind}"]},
            "raw_code": f"{{{{ test_{kind}(**_dbt_generic_test_kwargs) }}}}",
            "compiled": True,
            "compiled_code": f"select {column} from bench.main.{name} where {column} is null",  # noqa: S608 - never run
        }

    def change(self, share: float, turn: int) -> None:
        """Edit the SQL of this share of the models, others with each turn; as a later invocation."""
        count = max(1, int(len(self._models) * share))
        for place in range(count):
            name = self._models[(turn * count + place) % len(self._models)]
            node = self.manifest["nodes"][f"model.bench.{name}"]
            for code in ("raw_code", "compiled_code"):
                node[code] = f"{node[code].split('-- turn')[0]}-- turn {turn}\n"
        self.manifest["metadata"] = _metadata("manifest", 12, turn)

    def write(self, folder: Path) -> int:
        """Write manifest.json and catalog.json; answers their size in bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (("manifest.json", self.manifest), ("catalog.json", self.catalog)):
            (folder / name).write_text(json.dumps(content))
        return sum(path.stat().st_size for path in folder.glob("*.json"))


def _table(unique_id: str, name: str, schema: str, columns: Sequence[str]) -> Raw:
    return {
        "metadata": {"type": "BASE TABLE", "schema": schema, "name": name, "database": "bench"},
        "columns": {
            column: {"type": TYPES[place % len(TYPES)], "index": place + 1, "name": column, "comment": None}
            for place, column in enumerate(columns)
        },
        "stats": {"has_stats": {"id": "has_stats", "label": "Has Stats?", "value": False}},
        "unique_id": unique_id,
    }


def _metadata(kind: str, version: int, turn: int) -> Raw:
    return {
        "dbt_schema_version": f"https://schemas.getdbt.com/dbt/{kind}/v{version}.json",
        "dbt_version": "1.11.16",
        "generated_at": f"2026-01-01T{turn // 3600:02d}:{turn // 60 % 60:02d}:{turn % 60:02d}Z",
        "adapter_type": "duckdb",
        "project_name": "bench",
    }


def _common(unique_id: str, kind: str, name: str, path: str) -> Raw:
    return {
        "unique_id": unique_id,
        "resource_type": kind,
        "name": name,
        "package_name": "bench",
        "path": path.removeprefix("models/"),
        "original_file_path": path,
        "database": "bench",
        "schema": "main",
        "alias": name,
        "fqn": ["bench", name],
        "checksum": {"name": "sha256", "checksum": f"{abs(hash(name)):064x}"},
        "description": "",
        "columns": {},
        "tags": [],
        "meta": {},
        "config": {},
        "created_at": 1767225600.0,
        "unrendered_config": {},
        "refs": [],
        "sources": [],
        "metrics": [],
        "contract": {"enforced": False, "alias_types": True, "checksum": None},
    }


def _sql(parents: list[str], columns: Sequence[str]) -> str:
    ctes = [
        f"{chr(97 + place)} as (\n    select * from {{{{ ref('{name}') }}}}\n)"  # noqa: S608 - never run
        for place, name in enumerate(parents)
    ]
    shown = [
        f"    case when a.{column} is null then 0 else a.{column} end as {column}"
        if place % 3 == 0
        else f"    sum(a.{column}) over (partition by a.{columns[0]} order by a.{columns[1]}) as {column}"
        if place % 3 == 1
        else f"    coalesce({', '.join(f'{chr(97 + n)}.{column}' for n in range(len(parents)))}) as {column}"
        for place, column in enumerate(columns)
    ]
    joins = [
        f"left join {chr(98 + n)} on a.{columns[0]} = {chr(98 + n)}.{columns[0]}"
        for n in range(len(parents) - 1)
    ]
    return "\n".join(
        [
            "with",
            ",\n".join(ctes),
            "select",
            ",\n".join(shown),
            "from a",
            *joins,
            f"where a.{columns[2]} is not null",
            "",
        ]
    )
