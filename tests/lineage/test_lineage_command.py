"""`workbench lineage`: its document, its errors, and every manifest there is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", "lineage", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def manifest(folder: Path, sql: str = "select id from db.raw.orders") -> Path:
    common = {"package_name": "p", "original_file_path": "x", "fqn": ["p"], "columns": {}}
    node = {
        **common,
        "unique_id": "model.p.m",
        "resource_type": "model",
        "name": "m",
        "relation_name": '"db"."main"."m"',
        "language": "sql",
        "compiled_code": sql,
        "raw_code": sql,
        "depends_on": {"nodes": ["source.p.raw.orders"], "macros": []},
        "config": {"materialized": "table"},
    }
    raw = {
        **common,
        "unique_id": "source.p.raw.orders",
        "resource_type": "source",
        "source_name": "raw",
        "name": "orders",
        "relation_name": '"db"."raw"."orders"',
        "columns": {"id": {"name": "id"}},
    }
    path = folder / "manifest.json"
    version = "https://schemas.getdbt.com/dbt/manifest/v12.json"
    document = {
        "metadata": {"dbt_schema_version": version, "adapter_type": "duckdb", "dbt_version": "1.11.0"},
        "nodes": {"model.p.m": node},
        "sources": {"source.p.raw.orders": raw},
    }
    path.write_text(json.dumps(document))
    return path


def test_the_document_of_a_manifest(tmp_path: Path) -> None:
    target = tmp_path / "lineage.json"
    done = run("--manifest", str(manifest(tmp_path)), "--output", str(target))
    assert (done.returncode, done.stdout) == (0, "")
    document = json.loads(target.read_text())
    assert document["nodes"]["model.p.m"] == {
        "status": "complete",
        "reason": "",
        "columns": {"id": {"known_from": "inferred", "status": "complete"}},
    }
    (edge,) = document["edges"]
    assert edge.pop("span") == [7, 9]
    assert edge == {
        "from": {"node": "source.p.raw.orders", "column": "id"},
        "to": {"node": "model.p.m", "column": "id"},
        "kind": "value",
        "transform": "copied",
        "confidence": 1,
    }
    assert document["summary"]["nodes"] == {"complete": 1, "not_applicable": 1}


def test_the_document_of_a_query(tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("select t.a as q, x from main.t, u where t.b = 1")
    (tmp_path / "s.yml").write_text("main: {t: {a: int, b: int}}\nu: [x]\n")
    done = run("--sql", str(tmp_path / "q.sql"), "--schema", str(tmp_path / "s.yml"), "--dialect", "postgres")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    found = {
        (e["from"]["node"], e["from"]["column"], e["to"]["column"], e["transform"]) for e in document["edges"]
    }
    assert found == {
        ("main.t", "a", "q", "renamed"),
        ("u", "x", "x", "copied"),
        ("main.t", "b", "q", "filter"),
        ("main.t", "b", "x", "filter"),
    }


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        (None, ("--manifest", "missing.json"), "missing.json"),
        ("{", ("--manifest", "FILE"), "not valid JSON"),
        ("{}", ("--manifest", "FILE"), "FILE"),
        ("select 1", ("--sql", "FILE", "--dialect", "klingon"), "klingon"),
        ("select 1", ("--sql", "FILE", "--schema", "FILE"), "object of tables"),
        ("select 1", ("--sql", "FILE", "--manifest", "FILE"), "either"),
        (None, (), "either"),
        ("select 1", ("--sql", "FILE", "--catalog", "FILE"), "--catalog"),
        ("select 1", ("--sql", "FILE", "--output", "no/such/folder"), "--output"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(
    tmp_path: Path, content: str | None, arguments: tuple[str, ...], said: str
) -> None:
    path = tmp_path / "FILE"
    if content is not None:
        path.write_text(content)
    done = run(*(str(path) if argument == "FILE" else argument for argument in arguments))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def small_manifests(reference_data: Path) -> list[Path]:
    found = sorted(reference_data.glob("**/manifest*.json"))
    return [path for path in found if path.stat().st_size < 8_000_000]


@pytest.mark.timeout(600)
def test_every_manifest_is_read_and_no_node_is_silently_empty(reference_data: Path, tmp_path: Path) -> None:
    for path in small_manifests(reference_data):
        target = tmp_path / "lineage.json"
        catalog = path.with_name("catalog.json")
        more = ("--catalog", str(catalog)) if catalog.is_file() else ()
        done = run("--manifest", str(path), *more, "--output", str(target), "--workers", "1")
        assert (done.returncode, done.stderr) == (0, ""), path
        document: dict[str, Any] = json.loads(target.read_text())
        assert document["summary"]["silently_empty"] == [], path
        for unique_id, node in document["nodes"].items():
            assert node["status"] not in {"partial", "unknown"} or node["reason"], (path, unique_id)
