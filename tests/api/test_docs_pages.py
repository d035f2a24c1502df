"""The viewers of the API's document, without the internet."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.docs_pages import endpoints
from api.web import endpoints as web
from tests.api.conftest import LOCAL

FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js")


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assets = tmp_path / "assets" / "apidocs"
    assets.mkdir(parents=True)
    for name in FILES:
        (assets / name).write_text(name)
    (assets.parent / "icon-1.svg").write_text("<svg/>")
    (tmp_path / "index.html").write_text("app")
    monkeypatch.setattr(endpoints, "ASSETS", assets)
    monkeypatch.setattr(web, "DIST", tmp_path)
    return assets


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_everything_on_the_page_is_ours_and_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    named = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert named
    for address in named:
        assert address.startswith("/")
        file = client.get(address)
        assert file.status_code == 200
        # Files of the viewers keep their names when they change.
        assert "apidocs" not in address or "immutable" not in file.headers["cache-control"]
    assert "//" not in answer.text.replace(LOCAL, "").replace("</", "")
    assert not re.findall(r"<script>|<script[^>]*>[^<]|onload|style=", answer.text)


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_its_policy_allows_no_script_of_others(client: TestClient, path: str) -> None:
    policy = client.get(path).headers["content-security-policy"]
    directives = dict(item.strip().split(" ", 1) for item in policy.split(";"))
    assert directives["script-src"] == "'self'"
    assert directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["style-src"] == "'self' 'unsafe-inline'"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_without_a_build_it_is_said_so(
    client: TestClient, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "ASSETS", tmp_path)
    answer = client.get(path)
    assert answer.status_code == 503
    assert "make install" in answer.text
    assert "/openapi.json" in answer.text
