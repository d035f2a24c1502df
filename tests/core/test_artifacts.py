"""Artifacts at the door: read, kept and parsed."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.artifacts.errors import MalformedArtifact, UnsupportedArtifact
from core.artifacts.manifest import Manifest, open_manifest
from core.artifacts.raw_json import RawFile, open_raw
from core.artifacts.results import parse_run_results, parse_sources
from core.artifacts.store import ArtifactStore
from core.artifacts.times import parse_time
from core.artifacts.warehouse import Warehouse, open_warehouse
from core.catalog.values import ParsedNode
from core.kit.errors import Invalid
from core.runs.values import NodeOutcome
from tests.core.building import (
    Raw,
    check,
    compiled,
    manifest,
    model,
    node,
    result,
    run_results,
    schema_version,
    source,
)

GOOD = json.dumps(manifest(model("orders"))).encode()


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "0123abcd"
    path.write_bytes(content)
    return path


def opened(content: Mapping[str, Any], kind: str, name: str) -> RawFile:
    """An artifact as it is read from a file; its schema version is added where it has none."""
    with tempfile.TemporaryDirectory() as folder:
        whole = {"metadata": schema_version(kind, 1), **content}
        return open_raw(written(Path(folder), json.dumps(whole).encode()), kind, name)


def manifest_of(raw: Raw) -> Manifest:
    return Manifest(opened(raw, "manifest", "manifest.json"))


def nodes_of(found: Manifest) -> list[ParsedNode]:
    return [parsed for entry in found.entries() if (parsed := found.parse(entry)) is not None]


def tables_of(found: Warehouse) -> dict[str, dict[str, Any]]:
    return {unique_id: found.body(unique_id) for unique_id in found.hashes()}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-01T12:00:00", "2026-01-01T12:00:00+00:00"),
        ("2026-01-01T12:00:00Z", "2026-01-01T12:00:00+00:00"),
        ("2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00+00:00"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00"),
    ],
)
def test_times_are_in_utc(written: str, read: str) -> None:
    moment = parse_time(written)
    assert moment is not None
    assert moment.isoformat() == read


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon"])
def test_times_beyond_the_calendar_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"9999|isoformat"):
        parse_time(written)


@pytest.mark.parametrize("written", ["NaN", "1e999", "-Infinity"])
def test_what_cannot_be_compared_is_no_duration(written: str) -> None:
    results = opened(
        {"results": [{**result("model.a.b", "success"), "execution_time": written}]}, "run-results", "x"
    )
    assert [outcome.execution_time for outcome in parse_run_results(results).outcomes] == [None]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD[:-200], "manifest.json is not valid JSON: Input data was truncated"),
        (b"", "manifest.json is empty"),
        (b"not json", "manifest.json is not valid JSON: "),
        (b"\x00" * 100, "manifest.json is not valid JSON: "),
        (b'{"metadata": "\xff\xfe"}', "manifest.json is not valid JSON: "),
        (b"\xff\xfe" + GOOD, "manifest.json is not valid JSON: "),
        (b"[" * 200_000, "manifest.json is not valid JSON: "),
        (b"[]", "manifest.json is JSON but no artifact of dbt"),
        (b'"text"', "manifest.json is JSON but no artifact of dbt"),
        (b"null", "manifest.json is JSON but no artifact of dbt"),
        (b"{}", "manifest.json is JSON but no artifact of dbt: it has no metadata"),
        (b'{"metadata": []}', "manifest.json is JSON but no artifact of dbt: it has no metadata"),
        (json.dumps(run_results()).encode(), "manifest.json holds a run-results artifact, not manifest"),
    ],
)
def test_a_broken_file_is_refused_by_name_and_reason(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(MalformedArtifact) as error:
        open_manifest(written(tmp_path, content))
    assert error.value.message.startswith(said)
    assert error.value.hint
    assert "0123abcd" not in error.value.message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MalformedArtifact, match=r"catalog\.json is missing"):
        open_warehouse(tmp_path / "nothing")


@pytest.mark.parametrize("version", ["", None, "v12", "https://schemas.getdbt.com/dbt/manifest/"])
def test_an_artifact_without_a_schema_version_is_unsupported(version: str | None, tmp_path: Path) -> None:
    content = json.dumps({"metadata": {"dbt_schema_version": version}}).encode()
    with pytest.raises(UnsupportedArtifact, match=r"manifest\.json names no schema version"):
        open_manifest(written(tmp_path, content))


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\0b", "a\ufffdb"), ("\0\0", "\ufffd\ufffd"), (r"'\u0000'", r"'\u0000'"), ("\\\0", "\\\ufffd")],
)
def test_nul_is_replaced_and_sql_that_only_names_it_is_not(text: str, kept: str, tmp_path: Path) -> None:
    raw = manifest(model("orders", description=text))
    (read,) = nodes_of(open_manifest(written(tmp_path, json.dumps(raw).encode())))
    assert read.facts["description"] == kept


@given(st.text(st.characters(codec="utf-8"), max_size=8))
def test_reading_changes_no_text_but_nul(text: str) -> None:
    file = RawFile("manifest.json", {}, {}, has_nul=True)
    assert file.decode(msgspec.Raw(json.dumps(text).encode()), "it") == text.replace("\0", "\ufffd")


def test_a_key_that_comes_twice_is_refused(tmp_path: Path) -> None:
    twice = GOOD.replace(b'"model.shop.orders": {', b'"model.shop.orders": {}, "model.shop.orders": {', 1)
    with pytest.raises(MalformedArtifact, match=r"manifest\.json names model\.shop\.orders twice"):
        nodes_of(open_manifest(written(tmp_path, twice)))


def test_a_node_that_calls_itself_something_else_is_malformed() -> None:
    raw = {**manifest(), "nodes": {"model.shop.other": model("orders")}}
    with pytest.raises(MalformedArtifact, match=r"it calls itself model\.shop\.orders"):
        nodes_of(manifest_of(raw))


# The store


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_store_names_content_by_its_hash_and_keeps_it_once(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "data")
    for name in ("one.json", "two.json"):
        (tmp_path / name).write_bytes(b"same")
    first, second = store.put(tmp_path / "one.json"), store.put(tmp_path / "two.json")
    assert first == second
    assert (first.size, store.read(first.digest)) == (4, b"same")
    assert files(tmp_path / "data") == [store.path(first.digest)]
    other = tmp_path / "three.json"
    other.write_bytes(b"other")
    assert store.put(other).digest != first.digest


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ArtifactStore(tmp_path / "data")
    (tmp_path / "one.json").write_bytes(b"x" * 100)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.put(tmp_path / "one.json")
    assert files(tmp_path / "data") == []


def test_content_that_was_damaged_in_the_store_is_replaced(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "data")
    (tmp_path / "one.json").write_bytes(b"whole")
    stored = store.put(tmp_path / "one.json")
    store.path(stored.digest).write_bytes(b"who")
    assert not store.holds(stored.digest)
    assert store.put(tmp_path / "one.json") == stored
    assert store.holds(stored.digest)


def test_reading_what_is_not_there_says_so(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    with pytest.raises(FileNotFoundError):
        store.read("ab" * 32)
    assert not store.holds("ab" * 32)


# The manifest


def parsed(*nodes: dict[str, Any], **sections: Any) -> dict[str, ParsedNode]:
    return {item.unique_id: item for item in nodes_of(manifest_of(manifest(*nodes, **sections)))}


def test_a_manifest_becomes_typed_values() -> None:
    raw = compiled(
        model(
            "orders", reads=["source.shop.raw.orders"] * 2, tags=["a"], columns={"Id": {"data_type": "int"}}
        )
    )
    found = manifest_of(manifest(raw, source("orders")))
    orders = next(item for item in nodes_of(found) if item.unique_id == "model.shop.orders")
    assert (found.adapter_type, found.dbt_version, found.project_name) == ("duckdb", "1.11.16", "shop")
    assert orders.parents == ["source.shop.raw.orders"]
    assert orders.compiled_code == "select 1"
    assert orders.facts["materialization"] == "table"
    assert orders.columns == [{"name": "Id", "data_type": "int"}]
    assert parsed(source("orders"))["source.shop.raw.orders"].facts["name"] == "raw.orders"


def test_the_content_hash_ignores_compiling_and_times_and_nothing_else() -> None:
    raw = model("orders")
    plain = parsed(raw)["model.shop.orders"].content_hash
    assert parsed({**compiled(raw), "created_at": 5.0})["model.shop.orders"].content_hash == plain
    assert parsed({**raw, "description": "new"})["model.shop.orders"].content_hash != plain
    assert parsed({**raw, "raw_code": "select 2"})["model.shop.orders"].content_hash != plain
    assert parsed(dict(reversed(raw.items())))["model.shop.orders"].content_hash == plain


def test_tests_know_what_they_are_about() -> None:
    both = ["model.shop.one", "model.shop.two"]
    found = parsed(
        check("generic", reads=both, kind="relationships", attached="model.shop.two", column_name="id"),
        check("single", reads=["model.shop.one"]),
        check("singular", reads=both, config={"severity": "WARN"}),
    )
    facts = {
        name.split(".")[-1]: [item.facts[key] for key in ("test_kind", "attached_node", "severity")]
        for name, item in found.items()
    }
    assert facts == {
        "generic": ["relationships", "model.shop.two", "error"],
        "single": ["singular", "model.shop.one", "error"],
        "singular": ["singular", None, "warn"],
    }


def test_every_section_is_read_and_named_in_the_singular() -> None:
    def bare(kind: str) -> dict[str, Any]:
        return {"unique_id": f"{kind}.shop.x", "name": "x"}

    kinds = {"exposures": "exposure", "metrics": "metric", "semantic_models": "semantic_model"}
    kinds |= {"saved_queries": "saved_query", "unit_tests": "unit_test"}
    raw = manifest(**{section: [bare(kind) | {"resource_type": kind}] for section, kind in kinds.items()})
    found = nodes_of(manifest_of(raw))
    assert sorted(item.facts["resource_type"] for item in found) == sorted(kinds.values())
    old = {
        "nodes": {},
        **{section: {f"{kind}.shop.x": bare(kind)} for section, kind in kinds.items()},
    }
    found = nodes_of(manifest_of(old))
    assert sorted(item.facts["resource_type"] for item in found) == sorted(kinds.values())


def test_versions_are_part_of_a_models_name_and_owners_are_found() -> None:
    found = parsed(
        node("model", "dim.v2", version=2),
        model("owned", meta={"owner": "Ada"}),
        model("configured", meta={}, config={"meta": {"owner": "Grace"}}),
        exposures=[node("exposure", "board", owner={"email": "a@example.org"})],
    )
    assert found["model.shop.dim.v2"].facts["name"] == "dim.v2.v2"
    assert [found[f"model.shop.{name}"].facts["owner"] for name in ("owned", "configured")] == [
        "Ada",
        "Grace",
    ]
    assert found["exposure.shop.board"].facts["owner"] == "a@example.org"


@pytest.mark.parametrize(
    "broken",
    [
        {"nodes": []},
        {"nodes": None},
        {"nodes": {"model.a.b": None}},
        {"nodes": {"model.a.b": []}},
        {"nodes": {"model.a.b": {}}},
        {"nodes": {"model.a.b": {"name": "b", "depends_on": {"nodes": 1}}}},
        {"nodes": {"model.a.b": {"name": "b", "columns": 3}}},
        {"nodes": {}, "sources": [1]},
    ],
)
def test_a_manifest_of_another_shape_is_malformed(broken: dict[str, Any]) -> None:
    said = r"manifest\.json( has no nodes section|: the entry of model\.a\.b in|: 'sources' is not valid)"
    with pytest.raises(MalformedArtifact, match=said):
        nodes_of(manifest_of(broken))


def test_a_part_of_another_shape_is_read_as_none() -> None:
    odd = {"config": "x", "depends_on": [1], "meta": 5, "test_metadata": []}
    (found,) = nodes_of(manifest_of({"nodes": {"model.a.b": {"name": "b", **odd}}}))
    assert (found.parents, found.facts["materialization"], found.facts["owner"]) == ([], None, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "name",
    "resource_type",
    "config",
    "columns",
    "depends_on",
    "tags",
    "meta",
    "owner",
    "test_metadata",
    "contract",
]


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys([*FIELDS, "description", "schema", "version", "group"], JSON)
    )
)
def test_whatever_a_node_holds_it_is_parsed_or_malformed(fields: dict[str, Any]) -> None:
    try:
        (found,) = nodes_of(manifest_of({"nodes": {"model.shop.x": {"name": "x", **fields}}}))
    except MalformedArtifact:
        return
    assert all(
        isinstance(found.facts[key], str | None) for key in ("name", "description", "schema_name", "owner")
    )
    assert all(isinstance(tag, str) for tag in found.facts["tags"])


# Results


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {},
        [None],
        [{}],
        [{"unique_id": "x"}],
        [{"unique_id": "x", "status": "ok", "timing": 5}],
        [{"unique_id": "x", "status": "ok", "timing": [{"started_at": "yesterday"}]}],
        [{"unique_id": "x", "status": "ok", "execution_time": "fast"}],
        [{"unique_id": "x", "status": "ok", "failures": []}],
        [{"unique_id": "x", "status": "ok", "adapter_response": "OK"}],
    ],
)
def test_results_of_another_shape_are_malformed(broken: Any) -> None:
    with pytest.raises(MalformedArtifact, match=r"run_results\.json has (no list|a result of an unexpected)"):
        parse_run_results(opened({"results": broken}, "run-results", "run_results.json"))


def outcomes_of(raw: Raw) -> Sequence[NodeOutcome]:
    return parse_run_results(opened(raw, "run-results", "run_results.json")).outcomes


def test_a_result_folds_its_phases_into_one_span() -> None:
    phases = [
        {"name": "compile", "started_at": "2026-01-01T00:00:00Z", "completed_at": "2026-01-01T00:00:01Z"},
        {"name": "execute", "started_at": "2026-01-01T00:00:02", "completed_at": None},
    ]
    (found,) = outcomes_of(run_results({**result("model.shop.x", "success"), "timing": phases}))
    assert (found.started_at, found.finished_at) == (
        parse_time("2026-01-01T00:00:00+00:00"),
        parse_time("2026-01-01T00:00:01Z"),
    )


@pytest.mark.parametrize(("reported", "known"), [(5, 5), (0, 0), (-1, None), (None, None), ("5", None)])
def test_rows_that_nobody_counted_are_unknown_not_none(reported: Any, known: int | None) -> None:
    raw = {**result("model.shop.x", "success"), "adapter_response": {"rows_affected": reported}}
    assert outcomes_of(run_results(raw))[0].rows_affected == known


@pytest.mark.parametrize(
    "broken", [{"nodes": [1]}, {"nodes": {"x": None}}, {"nodes": {"x": {"columns": {"a": {}}}}}]
)
def test_a_catalog_of_another_shape_is_malformed(broken: dict[str, Any]) -> None:
    with pytest.raises(
        MalformedArtifact, match=r"catalog\.json: ('nodes' is not valid|the entry of x has an)"
    ):
        tables_of(Warehouse(opened(broken, "catalog", "catalog.json")))


# Real artifacts


def real(folder: Path, *patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in folder.rglob(pattern))


def test_every_real_manifest_parses_or_says_why_not(reference_data: Path) -> None:
    paths = [path for path in real(reference_data, "manifest*.json") if path.stat().st_size < 10_000_000]
    assert len(paths) > 40
    counts = {}
    for path in paths:
        found = open_manifest(path)
        nodes = nodes_of(found)
        counts[path] = len(nodes)
        assert found.dbt_version
        assert all(item.facts["resource_type"] and item.facts["name"] for item in nodes)
    assert min(counts.values()) > 5


def test_every_real_run_results_file_parses(reference_data: Path) -> None:
    paths = real(reference_data, "run_results*.json")
    assert len(paths) > 10
    for path in paths:
        outcomes = parse_run_results(open_raw(path, "run-results", path.name)).outcomes
        assert outcomes, path
        assert {outcome.status for outcome in outcomes} <= STATUSES
        ran = [outcome for outcome in outcomes if outcome.status in {"success", "pass"}]
        assert all(
            outcome.finished_at and outcome.finished_at.tzinfo for outcome in ran if outcome.execution_time
        )


STATUSES = {
    "success",
    "pass",
    "fail",
    "error",
    "warn",
    "skipped",
    "no-op",
    "partial success",
    "runtime error",
    "reused",
}


def test_every_real_sources_file_parses_or_says_why_not(reference_data: Path) -> None:
    seen = 0
    for path in real(reference_data, "*sources*.json", "dbt1*.json", "runtime_error*.json"):
        try:
            results = parse_sources(open_raw(path, "sources", path.name))
        except Invalid as error:
            pytest.fail(f"{path}: {error}")
        seen += len(results)
        assert all(item.max_loaded_at for item in results if item.status in {"pass", "warn", "error"})
    assert seen > 5


def test_every_real_catalog_parses(reference_data: Path) -> None:
    for path in real(reference_data, "catalog*.json"):
        tables = tables_of(open_warehouse(path))
        assert any(table["columns"] for table in tables.values()), path
