"""The web app's files, and nothing else's."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.web import endpoints
from tests.api.conftest import LOCAL
from tests.api.shape import error_of

SECRET = "what nobody may read"
HTML = {"accept": "text/html,*/*;q=0.8"}


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "web" / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>app</title>")
    (folder / "assets" / "app-1a2b.js").write_text("app()")
    (folder / "favicon.svg").write_text("<svg/>")
    (tmp_path / "web" / "secret.txt").write_text(SECRET)
    (tmp_path / "web" / "dist-backup").mkdir()
    (tmp_path / "web" / "dist-backup" / "secret.txt").write_text(SECRET)
    (folder / "link.txt").symlink_to(tmp_path / "web" / "secret.txt")
    monkeypatch.setattr(endpoints, "DIST", folder)
    return folder


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/shop/models/model.shop.orders",
        "/shop/runs",
        "/dagsterish",
        "/assetsx",
        "/" + "x" * 3000,
        "/" + "é" * 300,
    ],
)
def test_an_address_of_the_app_gives_its_page(client: TestClient, path: str) -> None:
    for headers in (HTML, {"accept": "*/*"}):
        response = client.get(path, headers=headers)
        assert (response.status_code, response.text) == (200, "<title>app</title>")
        assert response.headers["cache-control"] == "no-cache"


@pytest.mark.usefixtures("dist")
def test_files_are_served_and_those_with_a_hash_may_be_kept(client: TestClient) -> None:
    script = client.get("/assets/app-1a2b.js")
    assert (script.text, "immutable" in script.headers["cache-control"]) == ("app()", True)
    assert "javascript" in script.headers["content-type"]
    icon = client.get("/favicon.svg")
    assert (icon.headers["content-type"], icon.headers["cache-control"]) == ("image/svg+xml", "no-cache")
    head = client.head("/favicon.svg")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.usefixtures("dist")
def test_a_missing_file_is_not_found_rather_than_the_page(client: TestClient) -> None:
    error_of(client.get("/assets/gone-3c4d.js", headers=HTML), 404, "not_found")
    error_of(client.get("/gone.json", headers={"accept": "application/json"}), 404, "not_found")


ESCAPES = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/assets/../../secret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "/../dist-backup/secret.txt",
    "/%2e%2e/dist-backup/secret.txt",
    "/link.txt",
    f"{LOCAL}//etc/passwd",
    "/%2fetc/passwd",
    "/etc/passwd",
    "/....//secret.txt",
    "/%252e%252e/secret.txt",
]


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize("path", ESCAPES)
def test_no_address_leads_out_of_the_build(client: TestClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    assert response.status_code in {200, 404}
    assert SECRET not in response.text
    assert "root:" not in response.text


@pytest.mark.usefixtures("dist")
@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/unknown",
        "/api/workspaces/shop/nothing",
        "/api/workspaces/",
        f"{LOCAL}//api/unknown",
        "/auth/x",
    ],
)
def test_an_address_of_the_api_never_gives_the_page(client: TestClient, path: str) -> None:
    error_of(client.get(path, headers=HTML), 404, "not_found")


def test_without_a_build_it_is_said_how_to_make_one(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "DIST", tmp_path / "nothing")
    response = client.get("/", headers=HTML)
    assert response.status_code == 503
    assert "npm run build" in response.text
