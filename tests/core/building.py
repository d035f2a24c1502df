"""Small artifacts of dbt, made by hand, and a workspace to take them into."""

import itertools
import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.artifacts import service as artifacts
from core.artifacts.arrival import Arrival
from core.artifacts.bundle import Ingested
from core.artifacts.store import ArtifactStore
from core.catalog.reading import Reading, reading_now
from core.environments import service as environments
from core.environments.service import Target
from core.kit.database import Database, make_engine
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from core.workspaces.service import Registration
from tests.conftest import database_address, run_sql

Raw = dict[str, Any]
_numbers = itertools.count()


def schema_version(kind: str, version: int) -> Raw:
    return {
        "dbt_schema_version": f"https://schemas.getdbt.com/dbt/{kind}/v{version}.json",
        "dbt_version": "1.11.16",
    }


def node(
    kind: str, name: str, *, reads: Sequence[str] = (), columns: Mapping[str, Raw] | None = None, **more: Any
) -> Raw:
    config = {"materialized": kind if kind != "model" else "table", **more.pop("config", {})}
    return {
        "unique_id": f"{kind}.shop.{name}",
        "resource_type": kind,
        "name": name,
        "package_name": "shop",
        "original_file_path": f"{kind}s/{name}.sql",
        "database": "dev",
        "schema": "main",
        "relation_name": f'"dev"."main"."{name}"',
        "description": "",
        "columns": {key: {"name": key, **column} for key, column in (columns or {}).items()},
        "depends_on": {"nodes": list(reads), "macros": []},
        "tags": [],
        "meta": {},
        "raw_code": f"table {name}_raw",
        "language": "sql",
        "config": config,
        **more,
    }


def model(name: str, **more: Any) -> Raw:
    return node("model", name, **more)


def source(name: str) -> Raw:
    raw = node("source", f"raw.{name}", source_name="raw", identifier=name)
    return {**raw, "name": name, "raw_code": None, "config": {}}


def check(
    name: str, *, reads: Sequence[str], kind: str | None = None, attached: str | None = None, **more: Any
) -> Raw:
    metadata = {"test_metadata": {"name": kind}} if kind else {}
    config = {"materialized": "test", "severity": "ERROR"}
    given: Raw = {**metadata, "config": config, **more}
    return node("test", name, reads=reads, attached_node=attached, **given)


def manifest(*nodes: Raw, **sections: Sequence[Raw]) -> Raw:
    inside = [item for item in nodes if item["resource_type"] != "source"]
    sources = [item for item in nodes if item["resource_type"] == "source"]
    return {
        "metadata": {**schema_version("manifest", 12), "adapter_type": "duckdb", "project_name": "shop"},
        "nodes": {item["unique_id"]: item for item in inside},
        "sources": {item["unique_id"]: item for item in sources},
        **{name: {item["unique_id"]: item for item in items} for name, items in sections.items()},
    }


def compiled(raw: Raw, code: str = "select 1") -> Raw:
    """The same node as a command that compiles writes it."""
    return {**raw, "compiled": True, "compiled_code": code}


def result(
    unique_id: str, status: str, *, at: str = "2026-01-01T00:00:01Z", seconds: float = 1.0, **more: Any
) -> Raw:
    timing = [{"name": "execute", "started_at": "2026-01-01T00:00:00Z", "completed_at": at}]
    skipped = {"timing": []} if status == "skipped" else {"timing": timing}
    return {
        "unique_id": unique_id,
        "status": status,
        "execution_time": seconds,
        "adapter_response": {},
        **skipped,
        **more,
    }


def run_results(*results: Raw) -> Raw:
    return {"metadata": schema_version("run-results", 6), "results": list(results)}


def sources_file(*results: Raw) -> Raw:
    return {"metadata": schema_version("sources", 3), "results": list(results)}


def catalog_file(**tables: Mapping[str, str]) -> Raw:
    """Tables by the name of their model, each column with its type."""
    return {
        "metadata": schema_version("catalog", 1),
        "nodes": {
            f"model.shop.{name}": {
                "columns": {
                    column: {"name": column, "index": index, "type": kind}
                    for index, (column, kind) in enumerate(columns.items(), start=1)
                }
            }
            for name, columns in tables.items()
        },
        "sources": {},
    }


def invoked(raw: Raw) -> Raw:
    """The same artifact as another invocation of dbt writes it: never the very bytes of another."""
    return {**raw, "metadata": {**raw["metadata"], "invocation_id": f"invocation-{next(_numbers)}"}}


@dataclass(frozen=True)
class Shop:
    """A workspace, its default environment, and the way for artifacts into it."""

    db: Database
    folder: Path
    workspace_id: int
    environment_id: int
    key: str = "shop"

    @property
    def reading(self) -> Reading:
        return reading_now(self.workspace_id, self.environment_id, "dev")

    def other_environment(self) -> "Shop":
        """The same workspace, where artifacts go into the environment `prod`."""
        with self.db.session() as session:
            return replace(self, environment_id=environments.pick(session, self.workspace_id, "prod").id)

    def take(self, name: str, content: Raw | bytes, *, run_id: str | None = None, **arrival: Any) -> Ingested:
        path = self.folder / f"drop{next(_numbers)}" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return self.collect(path.parent, run_id=run_id, **arrival)

    def collect(self, target: Path, *, run_id: str | None = None, **arrival: Any) -> Ingested:
        origin = "parse" if run_id is None else "run"
        where = Arrival(self.workspace_id, self.environment_id, origin, run_id, **arrival)
        return artifacts.collect(self.db, ArtifactStore(self.folder), where, target)

    def know(self, *nodes: Raw, **sections: Sequence[Raw]) -> Ingested:
        return self.take("manifest.json", invoked(manifest(*nodes, **sections)))

    def ran(self, *results: Raw, run_id: str = "run-1", command: str = "build", step: int = 1) -> Ingested:
        content = invoked(run_results(*results))
        return self.take("run_results.json", content, run_id=run_id, command=command, step=step)

    def workspace(self) -> Workspace:
        with self.db.session() as session:
            return session.get_one(Workspace, self.workspace_id)


def open_shop(db: Database, folder: Path, key: str = "shop") -> Shop:
    with db.session() as session:
        found = workspaces.register(
            session, Registration(key, key.title(), "/projects/shop", "/projects/shop")
        )
        targets = [Target("dev", "duckdb", is_default=True), Target("prod", "duckdb", is_default=False)]
        environments.sync_targets(session, found.id, targets)
        return Shop(db, folder, found.id, environments.pick(session, found.id, None).id, key)


@contextmanager
def fresh_database(postgres_url: str, template: str) -> Generator[str]:
    """The address of a migrated database that several tests share."""
    name = f"shared_{next(_numbers)}"
    run_sql(postgres_url, f"create database {name} template {template}")
    yield database_address(postgres_url, name)
    run_sql(postgres_url, f"drop database {name} with (force)")


@contextmanager
def shared_shop(postgres_url: str, template: str, folder: Path) -> Generator[Shop]:
    """A shop that several tests read and none changes."""
    with fresh_database(postgres_url, template) as url:
        db = Database(make_engine(url, pool_size=3))
        yield open_shop(db, folder)
        db.dispose()


def stock(shop: Shop) -> None:
    """A little of everything: sources, seed, models and tests of each kind, results of most kinds."""
    nodes = [
        source("orders"),
        source("late"),
        node("seed", "countries"),
        compiled(model("stg_orders", reads=["source.shop.raw.orders"], config={"materialized": "view"})),
        compiled(
            model(
                "orders",
                reads=["model.shop.stg_orders", "seed.shop.countries"],
                columns={"id": {"description": "Key."}, "amount": {}},
                description="One row per order.",
                tags=["nightly", "core"],
                meta={"owner": "Finance"},
                group="finance",
            )
        ),
        model("totals", reads=["model.shop.orders"], config={"materialized": "ephemeral"}),
        model(
            "promised",
            reads=["model.shop.totals"],
            columns={"id": {"data_type": "int"}},
            contract={"enforced": True},
        ),
        model("odd_100%_done", reads=["model.shop.gone"], description=r"back\slash"),
        model("oddX100XXdone", reads=["model.shop.orders"]),
        check(
            "not_null_orders_id",
            reads=["model.shop.orders"],
            kind="not_null",
            attached="model.shop.orders",
            column_name="id",
        ),
        check(
            "unique_orders_id",
            reads=["model.shop.orders"],
            kind="unique",
            attached="model.shop.orders",
            column_name="ID",
        ),
        check("totals_agree", reads=["model.shop.orders", "model.shop.stg_orders"]),
    ]
    unit = node("unit_test", "orders.rounds", reads=["model.shop.orders"])
    exposure = node(
        "exposure", "dashboard", reads=["model.shop.orders"], owner={"name": "Ada"}, url="https://example.org"
    )
    shop.know(*nodes, unit_tests=[unit], exposures=[exposure])
    shop.take("catalog.json", catalog_file(stg_orders={"ID": "INTEGER", "AMOUNT": "DOUBLE"}))
    shop.ran(
        result("seed.shop.countries", "success", seconds=0.1),
        result("model.shop.stg_orders", "success", seconds=0.5),
        result("model.shop.orders", "error", seconds=2.0, message="Binder Error: no such column"),
        result("model.shop.promised", "skipped"),
        result("test.shop.not_null_orders_id", "pass", seconds=0.1),
        result("test.shop.unique_orders_id", "warn", seconds=0.1, failures=3, message="Got 3 results"),
    )
    fresh = {
        "status": "pass",
        "max_loaded_at": "2026-01-01T00:00:00Z",
        "snapshotted_at": "2026-01-01T01:00:00Z",
    }
    answer = {
        "unique_id": "source.shop.raw.orders",
        "max_loaded_at_time_ago_in_s": 3600.0,
        "execution_time": 0.1,
        **fresh,
    }
    shop.take("sources.json", sources_file(answer), run_id="run-1", command="source freshness")
