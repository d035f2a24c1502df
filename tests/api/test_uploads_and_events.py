"""Bringing artifacts over HTTP, and a page that is told what changes."""

import io
import json
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from tests.access.serving import serving
from tests.api.conftest import address_of, client_of, settings_of
from tests.api.shape import error_of
from tests.core.building import Shop, manifest, model, run_results

UPLOADS = "/api/workspaces/shop/artifacts"


@pytest.fixture
def uploads(shop: Shop) -> Iterator[TestClient]:
    """A client of a shop that the test changes."""
    with client_of(settings_of(address_of(shop), shop.folder)) as found:
        yield found


def archive(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as out:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def as_bytes(raw: Any) -> bytes:
    return json.dumps(raw).encode()


def put(client: TestClient, content: bytes, kind: str, **params: Any) -> httpx.Response:
    return client.post(UPLOADS, content=content, headers={"content-type": kind}, params=params)


def test_what_is_brought_waits_for_its_ingest_and_is_taken_once(uploads: TestClient) -> None:
    content = archive(
        **{
            "target/manifest.json": as_bytes(manifest(model("orders"))),
            "target/run_results.json": as_bytes(run_results()),
            "target/compiled/shop/orders.sql": b"select 1",
        }
    )
    first = put(uploads, content, "application/gzip", label="ci-7")
    assert first.status_code == 201, first.text
    drop = first.json()
    assert (drop["state"], drop["label"], drop["environment"]) == ("waiting", "ci-7", "dev")
    assert [file["name"] for file in drop["files"]] == ["manifest.json", "run_results.json"]
    again = put(uploads, content, "application/gzip", label="ci-8")
    assert (again.status_code, again.json()["id"]) == (200, drop["id"])
    assert uploads.get(f"{UPLOADS}/drops").json()["total"] == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b'{"metadata": {', "not valid JSON"),
        (b"<html></html>", "not valid JSON"),
        (as_bytes(run_results()), "run-results"),
        (b'{"a": 1}', "no metadata"),
        (b'{"metadata": \x00}', "not valid JSON"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_and_listed(
    uploads: TestClient, shop: Shop, content: bytes, said: str
) -> None:
    error = error_of(
        put(uploads, content, "application/json", name="manifest.json"), 422, "malformed_artifact"
    )
    assert "manifest.json" in error["message"]
    assert said in error["message"]
    listed = uploads.get(f"{UPLOADS}/drops", params={"state": "refused"}).json()["items"]
    assert ["manifest.json" in drop["reason"] for drop in listed] == [True]
    assert uploads.get("/api/workspaces/shop/models").json()["total"] == 0
    assert not list((shop.folder / "incoming").glob("**/*.part"))


def test_an_upload_that_is_too_large_is_refused(shop: Shop, tmp_path: Path) -> None:
    settings = settings_of(address_of(shop), tmp_path).model_copy(update={"artifact_upload_max_mb": 1})
    with client_of(settings) as client:
        answer = put(client, b" " * 1_500_000, "application/zip")
    assert error_of(answer, 413, "too_large")["message"]


def test_an_archive_that_climbs_out_leaves_nothing(uploads: TestClient, shop: Shop) -> None:
    content = archive(**{"../../manifest.json": as_bytes(manifest(model("orders")))})
    error = error_of(put(uploads, content, "application/gzip"), 422, "malformed_artifact")
    assert "manifest.json" in error["message"]
    assert not (shop.folder.parent / "manifest.json").exists()


def test_an_open_page_is_told_of_an_ingest_within_two_seconds(shop: Shop) -> None:
    with serving(settings_of(address_of(shop), shop.folder)) as address:
        url = f"http://{address}/api/workspaces/shop/events"
        with httpx.stream("GET", url, params={"seconds": 20}, timeout=20, trust_env=False) as stream:
            lines = stream.iter_lines()
            assert next(lines) == ": listening"
            time.sleep(0.5)  # the listener's own connection
            taken, began = shop.know(model("orders")), time.monotonic()
            told = next(json.loads(line[6:]) for line in lines if line.startswith("data: "))
    assert time.monotonic() - began < 2
    assert told == {"environment": "dev", "snapshot_id": taken.snapshot_id, "kinds": ["nodes"]}


def test_people_change_what_the_catalog_says(uploads: TestClient, shop: Shop) -> None:
    shop.know(model("orders", meta={"owner": "Finance"}))
    url = "/api/workspaces/shop/models/model.shop.orders"
    assert uploads.put(f"{url}/overrides/owner", json={"value": "Ann"}).status_code == 200
    found = uploads.get(url).json()
    assert (found["owner"], found["project"]["owner"]) == ("Ann", "Finance")
    assert [(item["field"], item["value"]) for item in found["overrides"]] == [("owner", "Ann")]
    error_of(uploads.put(f"{url}/overrides/colour", json={"value": "red"}), 404, "not_found")
    assert uploads.delete(f"{url}/overrides/owner").status_code == 204
    assert uploads.get(url).json()["owner"] == "Finance"


def test_snapshots_are_listed_and_compared(uploads: TestClient, shop: Shop) -> None:
    old, new = (shop.know(model("orders", raw_code=code)).snapshot_id for code in ("select 1", "select 2"))
    listed = uploads.get("/api/workspaces/shop/snapshots").json()["items"]
    assert [(item["id"], item["is_current"]) for item in listed] == [(new, True), (old, False)]
    found = uploads.get(f"/api/workspaces/shop/snapshots/{old}/diff/{new}").json()
    (change,) = found["items"][0]["changes"]
    assert (change["aspect"], change["before"], change["after"]) == ("sql", "select 1", "select 2")
    turns = uploads.get("/api/workspaces/shop/models/model.shop.orders/changes").json()
    assert [turn["kind"] for turn in turns["items"]] == ["changed", "added"]
    checks = uploads.get("/api/workspaces/shop/validation", params={"check": "undocumented"}).json()
    assert checks["summary"]["undocumented"] == {"count": 1, "of": 1}
    points = uploads.get("/api/workspaces/shop/validation/trend").json()["items"]
    assert [point["models"] for point in points] == [1, 1]
    past = uploads.get("/api/workspaces/shop/models", params={"snapshot": old, "q": "orders"}).json()
    assert [item["name"] for item in past["items"]] == ["orders"]
