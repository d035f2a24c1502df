"""Uploads over HTTP: every way to send, everything that is refused, and that nothing changes then."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from core.artifacts.models import DropState
from core.audit.models import AuditLog
from core.kit.database import Database
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from core.workspaces.service import Registration
from tests.access.serving import serving
from tests.api.conftest import client_of
from tests.api.shape import error_of
from tests.artifacts.conftest import Yard, as_bytes, shop_manifest, tar_of, zip_of
from tests.core.building import Raw, catalog_file, run_results, sources_file

URL = "/api/workspaces/shop/artifacts"
GOOD = shop_manifest("orders")
MB = 1_000_000


@pytest.fixture
def client(yard: Yard) -> Iterator[TestClient]:
    with client_of(yard.settings) as found:
        yield found


def raw(client: TestClient, content: bytes | Raw, kind: str, **query: Any) -> Any:
    return client.post(URL, content=as_bytes(content), headers={"content-type": kind}, params=query)


def form(client: TestClient, *files: tuple[str, bytes | Raw], **query: Any) -> Any:
    parts = [("files", (name, as_bytes(content))) for name, content in files]
    return client.post(URL, files=parts, params=query)


def refused(answer: Any) -> dict[str, Any]:
    code = answer.json()["error"]["code"]
    assert code in {"invalid", "malformed_artifact", "unsupported_artifact"}
    return error_of(answer, 422, code)


def names(drop: dict[str, Any]) -> list[str]:
    return [item["name"] for item in drop["files"]]


def test_several_files_are_one_drop(yard: Yard, client: TestClient) -> None:
    answer = form(
        client,
        ("manifest.json", GOOD),
        ("catalog.json", catalog_file(orders={"id": "int"})),
        ("run_results.json", run_results()),
        ("sources.json", sources_file()),
        label="commit 1234",
    )
    assert answer.status_code == 201, answer.text
    drop = answer.json()
    assert names(drop) == ["catalog.json", "manifest.json", "run_results.json", "sources.json"]
    assert (drop["state"], drop["source"], drop["label"]) == ("waiting", "upload", "commit 1234")
    assert drop["environment"] == "dev"
    assert yard.left_over() == []
    yard.ingest_waiting()
    after = client.get(f"{URL}/drops/{drop['id']}").json()
    assert after["state"] == "ingested"
    assert {item["name"]: item["outcome"] for item in after["records"]} == dict.fromkeys(
        names(drop), "ingested"
    )
    assert yard.nodes() == {"orders"}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (zip_of({"target/manifest.json": GOOD}), "application/zip"),
        (tar_of({"target/manifest.json": GOOD}), "application/gzip"),
        (tar_of({"target/manifest.json": GOOD}, "w"), "application/x-tar"),
        (tar_of({"./manifest.json": GOOD}), "application/octet-stream"),
    ],
)
def test_an_archive_as_the_body(client: TestClient, content: bytes, kind: str) -> None:
    answer = raw(client, content, kind)
    assert answer.status_code == 201, answer.text
    assert names(answer.json()) == ["manifest.json"]


def test_one_json_file_as_the_body(client: TestClient) -> None:
    assert raw(client, GOOD, "application/json", name="manifest.json").status_code == 201
    error = error_of(raw(client, GOOD, "application/json"), 422, "invalid")
    assert error["details"][0]["field"] == "name"


def test_an_archive_in_a_form_and_names_by_field(client: TestClient) -> None:
    assert names(form(client, ("target.tgz", tar_of({"manifest.json": GOOD}))).json()) == ["manifest.json"]
    answer = client.post(URL, files={"catalog": ("x.txt", as_bytes(catalog_file()))})
    assert names(answer.json()) == ["catalog.json"]


def test_the_same_again_is_the_same_drop_however_it_is_packed(yard: Yard, client: TestClient) -> None:
    first = form(client, ("manifest.json", GOOD))
    second = raw(client, zip_of({"manifest.json": GOOD}), "application/zip")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    yard.ingest_waiting()
    third = form(client, ("manifest.json", GOOD))
    assert (third.status_code, third.json()["state"]) == (200, "ingested")
    assert form(client, ("manifest.json", GOOD), environment="prod").status_code == 201
    assert len(yard.drops()) == 2


def test_uploads_of_the_same_at_once_are_one_drop(yard: Yard) -> None:
    with serving(yard.settings) as address:
        answers: list[httpx.Response] = []

        def send() -> None:
            url = f"http://{address}{URL}?name=manifest.json"
            headers = {"content-type": "application/json"}
            answers.append(httpx.post(url, content=as_bytes(GOOD), headers=headers))

        threads = [threading.Thread(target=send) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len(yard.drops()) == 1


TEXT = as_bytes(GOOD)
BAD: dict[str, tuple[str, bytes, str]] = {
    "empty": ("manifest.json", b"", "manifest.json is empty"),
    "truncated": ("manifest.json", TEXT[: len(TEXT) // 2], "manifest.json is not valid JSON"),
    "no JSON": ("manifest.json", b"<html></html>", "manifest.json is not valid JSON"),
    "NUL": (
        "manifest.json",
        TEXT.replace(b"orders", b"ord\0rs"),
        "manifest.json is not valid JSON: it holds a NUL",
    ),
    "UTF-8": ("manifest.json", TEXT.replace(b"orders", b"ord\xffrs"), "manifest.json is not valid UTF-8"),
    "wrong kind": ("manifest.json", as_bytes(catalog_file()), "manifest.json holds a catalog artifact"),
    "no artifact": ("manifest.json", b"{}", "manifest.json is JSON but no artifact of dbt"),
    "other name": ("notes.txt", b"hello", "notes.txt is none of manifest.json"),
    "climbing": (
        "t.tgz",
        tar_of({"../manifest.json": GOOD}),
        "t.tgz: ../manifest.json leads out of the archive",
    ),
    "absolute": (
        "t.zip",
        zip_of({"/etc/manifest.json": GOOD}),
        "t.zip: /etc/manifest.json is an absolute path",
    ),
    "twice": (
        "t.zip",
        zip_of({"manifest.json": GOOD, "target/manifest.json": GOOD}),
        "t.zip: target/manifest.json is in it twice",
    ),
    "broken inside": (
        "t.zip",
        zip_of({"target/manifest.json": b"{"}),
        "t.zip: target/manifest.json is not valid JSON",
    ),
    "cut off": ("t.tgz", tar_of({"manifest.json": GOOD})[:-20], "t.tgz"),
    "bomb": ("t.zip", zip_of({"manifest.json": bytes(40 * MB)}), "t.zip unpacks to more than 12 MB"),
    "nothing in it": ("t.zip", zip_of({"readme": b"x"}), "t.zip holds none of manifest.json"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_with_file_and_reason_and_nothing_changes(
    yard: Yard, client: TestClient, what: str
) -> None:
    name, content, reason = BAD[what]
    assert form(client, ("manifest.json", shop_manifest("known"))).status_code == 201
    yard.ingest_waiting()
    before = yard.catalog()
    error = refused(form(client, (name, content), ("run_results.json", run_results())))
    assert reason in error["message"]
    assert any(detail["field"].startswith(name) for detail in error["details"])
    assert yard.left_over() == []
    (listed,) = client.get(f"{URL}/drops", params={"state": "refused"}).json()["items"]
    assert listed["reason"] == error["message"]
    assert f"drop {listed['id']}" in error["hint"]
    assert sorted(names(listed)) == sorted([name, "run_results.json"])
    for item in listed["files"]:
        assert yard.store.holds(item["digest"])
    assert yard.ingest_waiting() == []
    assert yard.catalog() == before
    # Bringing the same again is refused again, and is still one drop.
    refused(form(client, (name, content), ("run_results.json", run_results())))
    assert len(yard.drops()) == 2


@pytest.mark.parametrize("tells_length", [True, False])
def test_what_is_over_the_limit_is_refused_by_name(
    yard: Yard, client: TestClient, *, tells_length: bool
) -> None:
    piece = b"x" * MB
    content = piece * 9 if tells_length else (piece for _ in range(9))
    answer = client.post(URL, content=content, headers={"content-type": "application/zip"})
    error = error_of(answer, 413, "too_large")
    assert "8 MB at most (ARTIFACT_UPLOAD_MAX_MB)" in error["message"]
    assert (yard.left_over(), yard.drops()) == ([], [])


def test_more_than_other_requests_may_hold_is_taken(client: TestClient) -> None:
    big = {**GOOD, "docs": {"x": "y" * 6 * MB}}
    assert form(client, ("manifest.json", big)).status_code == 201


def test_an_upload_that_is_cut_off_leaves_nothing(yard: Yard) -> None:
    def half() -> Iterator[bytes]:
        yield TEXT[:100]
        message = "the line is gone"
        raise OSError(message)

    with serving(yard.settings) as address:
        headers = {"content-type": "application/json", "content-length": str(len(TEXT))}
        for _ in range(3):
            with pytest.raises(OSError, match="gone"):
                httpx.post(f"http://{address}{URL}?name=manifest.json", content=half(), headers=headers)
        assert httpx.get(f"http://{address}{URL}/drops").json()["items"] == []
    assert (yard.left_over(), yard.drops()) == ([], [])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            b"--b\r\ncontent-disposition: form-data; name=f; filename=manifest.json\r\n\r\n{}",
            "multipart/form-data; boundary=b",
        ),
        (b"nonsense", "multipart/form-data; boundary=b"),
        (b"--b--\r\n", "multipart/form-data; boundary=b"),
        (b"", "multipart/form-data; boundary=b"),
        (b"--b\r\n", "multipart/form-data"),
        (
            b'--b\r\ncontent-disposition: form-data; name="x"\r\n\r\ny\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        (b"a=b", "application/x-www-form-urlencoded"),
        (b"x", "text/html"),
        (b"", "application/octet-stream"),
        (b"", ""),
    ],
)
def test_bodies_that_are_none_are_refused(yard: Yard, client: TestClient, body: bytes, kind: str) -> None:
    refused(client.post(URL, content=body, headers={"content-type": kind}))
    assert yard.left_over() == []


def test_environments(yard: Yard, client: TestClient) -> None:
    error = refused(form(client, ("manifest.json", GOOD), environment="staging"))
    assert "dev, prod" in error["details"][0]["message"]
    assert yard.drops() == []
    made = form(client, ("manifest.json", GOOD), environment="staging", create_environment=True)
    assert (made.status_code, made.json()["environment"]) == (201, "staging")
    again = form(client, ("manifest.json", GOOD), environment="staging", create_environment=True)
    assert again.status_code == 200
    refused(form(client, ("manifest.json", GOOD), environment="a/b", create_environment=True))


def test_a_workspace_without_environments_gets_one(yard: Yard, client: TestClient, db: Database) -> None:
    with db.session() as session:
        workspaces.register(session, Registration("bare", "Bare", None, ""))
    url = "/api/workspaces/bare/artifacts"
    assert client.get(f"{url}/status").json()["environment"] is None
    answer = client.post(url, files={"manifest": ("manifest.json", TEXT)})
    assert (answer.status_code, answer.json()["environment"]) == (201, "default")


def test_an_archived_workspace_takes_nothing(yard: Yard, client: TestClient) -> None:
    with yard.db.session() as session:
        workspace = session.get_one(Workspace, yard.workspace_id)
        workspace.archived_at = workspace.created_at
    error_of(form(client, ("manifest.json", GOOD)), 409, "conflict")
    assert yard.drops() == []


def test_uploads_are_noted_in_the_audit_log(yard: Yard, client: TestClient) -> None:
    drop = form(client, ("manifest.json", GOOD), label="commit 1").json()
    refused(form(client, ("manifest.json", b"{")))
    with yard.db.session() as session:
        rows = session.scalars(sa.select(AuditLog).where(AuditLog.tag == "artifact.uploaded")).all()
        assert [(row.subject, row.data["state"]) for row in rows] == [
            ("commit 1", "waiting"),
            ("manifest.json", "refused"),
        ]
        assert rows[0].data["drop"] == drop["id"]


def test_a_drop_that_an_ingest_refused_can_be_tried_again(yard: Yard, client: TestClient) -> None:
    bad = {**GOOD, "nodes": {"model.shop.x": 3}}
    drop = form(client, ("manifest.json", bad)).json()
    yard.ingest_waiting()
    url = f"{URL}/drops/{drop['id']}"
    assert client.get(url).json()["state"] == "refused"
    again = client.post(f"{url}/retry")
    assert (again.status_code, again.json()["state"], again.json()["attempt"]) == (200, "waiting", 2)
    error_of(client.post(f"{url}/retry"), 409, "conflict")
    yard.ingest_waiting()
    answer = form(client, ("manifest.json", bad))
    assert (answer.status_code, answer.json()["state"], answer.json()["attempt"]) == (200, "waiting", 3)


def test_what_was_refused_at_the_door_cannot_be_tried_again(yard: Yard, client: TestClient) -> None:
    refused(form(client, ("manifest.json", b"{")))
    (drop,) = yard.drops()
    error_of(client.post(f"{URL}/drops/{drop.id}/retry"), 409, "conflict")
    error_of(client.post(f"{URL}/drops/99999/retry"), 404, "not_found")


def test_the_status_says_what_is_in_effect_and_what_was_refused_since(yard: Yard, client: TestClient) -> None:
    def status() -> dict[str, Any]:
        return {item["name"]: item for item in client.get(f"{URL}/status").json()["files"]}

    assert {item["in_effect"] for item in status().values()} == {None}
    refused(form(client, ("manifest.json", b"{")))
    assert status()["manifest.json"]["refused"]["reason"].startswith("manifest.json is not valid JSON")
    drop = form(client, ("manifest.json", GOOD)).json()
    yard.ingest_waiting()
    assert status()["manifest.json"]["in_effect"]["drop_id"] == drop["id"]
    assert status()["manifest.json"]["refused"] is None
    form(
        client,
        ("manifest.json", {**shop_manifest("y", at="2026-02-01T00:00:00Z"), "nodes": {"model.shop.x": 3}}),
    )
    yard.ingest_waiting()
    found = status()["manifest.json"]
    assert found["in_effect"]["drop_id"] == drop["id"]
    assert found["refused"]["drop_id"] == drop["id"] + 1
    assert status()["catalog.json"] == {"name": "catalog.json", "in_effect": None, "refused": None}


def test_drops_are_listed_in_pages_and_by_state(yard: Yard, client: TestClient) -> None:
    for number in range(5):
        form(
            client,
            ("manifest.json", shop_manifest(f"m{number}")),
            environment="prod" if number % 2 else "dev",
        )
    first = client.get(f"{URL}/drops", params={"limit": 3}).json()
    second = client.get(f"{URL}/drops", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    ids = [item["id"] for item in (*first["items"], *second["items"])]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), first["total"], second["next_cursor"]) == (5, 5, None)
    assert client.get(f"{URL}/drops", params={"environment": "prod"}).json()["total"] == 2
    assert client.get(f"{URL}/drops", params={"state": DropState.INGESTED.value}).json()["items"] == []


def test_places_are_named(yard: Yard, client: TestClient) -> None:
    (place,) = client.get(f"{URL}/places").json()["items"]
    assert (place["kind"], place["address"], place["looked_at"]) == ("folder", str(yard.folder), None)
    yard.put("nightly/manifest.json", GOOD)
    yard.look()
    (place,) = client.get(f"{URL}/places").json()["items"]
    assert place["looked_at"]
    assert (place["waiting"], place["problem"]) == (1, None)


def test_labels_and_names_that_cannot_be_kept(yard: Yard, client: TestClient) -> None:
    refused(form(client, ("manifest.json", GOOD), label="a\0b"))
    error = refused(form(client, ("x\0/../etc/passwd", b"{}")))
    assert "none of manifest.json" in error["message"]
    assert not (Path(yard.settings.data_dir) / "etc").exists()


def test_a_body_arrives_in_pieces_of_any_size(client: TestClient) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="f"; filename="target\\manifest.json"\r\n\r\n'
    body = head + json.dumps(GOOD).encode() + b"\r\n--b--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=b"}
    pieces = (body[at : at + 7] for at in range(0, len(body), 7))
    assert client.post(URL, content=pieces, headers=headers).status_code == 201
