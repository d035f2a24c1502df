"""Headers on every answer, whoever gives it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.kit.headers import ALWAYS, POLICY, STRICT, SecurityHeaders
from api.main import create_app
from api.web import endpoints
from tests.api.conftest import LOCAL, client_of, settings_of

HTML = {"accept": "text/html"}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    (tmp_path / "index.html").write_text('<meta name="csp-nonce" content="__CSP_NONCE__"><title>app</title>')
    monkeypatch.setattr(endpoints, "DIST", tmp_path)
    with client_of(settings_of("postgresql://127.0.0.1:1/none", tmp_path)) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", HTML),
        ("GET", "/health", {}),
        ("GET", "/config", {}),
        ("GET", "/api/nothing", {}),
        ("GET", "/api/workspaces", {}),
        ("POST", "/auth/login", {}),
        ("GET", "/dagster/x", {}),
        ("GET", "/openapi.json", {}),
        ("GET", "/docs", {}),
        ("GET", "/health", {"host": "evil.example"}),
        ("POST", "/api/workspaces/shop/runs", {"content-length": "9999999"}),
        ("DELETE", "/health", {}),
    ],
)
def test_every_answer_has_them(page: TestClient, method: str, path: str, headers: dict[str, str]) -> None:
    answer = page.request(method, path, headers=headers)
    for name, value in ALWAYS.items():
        assert answer.headers.get_list(name) == [value]
    assert "strict-transport-security" not in answer.headers
    if not path.startswith("/dagster"):
        assert "default-src 'self'" in answer.headers[POLICY]
        assert "'unsafe" not in answer.headers[POLICY].replace("style-src 'self' 'unsafe-inline'", "")


def test_answers_to_errors_of_our_own_have_them_too(page: TestClient) -> None:
    app = page.app
    assert isinstance(app, FastAPI)

    @app.get("/api/broken")
    def broken() -> None:
        raise RuntimeError

    app.router.routes.insert(0, app.router.routes.pop())
    answer = page.get("/api/broken")
    assert answer.status_code == 500
    assert answer.headers[POLICY] == STRICT
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("path", "kept"), [("/api/nothing", False), ("/auth/me", False), ("/health", True)])
def test_answers_about_people_are_not_kept(page: TestClient, path: str, *, kept: bool) -> None:
    assert (page.get(path).headers.get("cache-control") == "no-store") is not kept


def test_over_tls_browsers_are_told_to_stay_there(tmp_path: Path) -> None:
    app = create_app(settings_of("postgresql://127.0.0.1:1/none", tmp_path))
    with TestClient(app, base_url=LOCAL.replace("http:", "https:")) as client:
        assert client.get("/health").headers["strict-transport-security"] == "max-age=31536000"


def test_the_page_gets_a_fresh_nonce_each_time(page: TestClient) -> None:
    seen: set[str] = set()
    for _ in range(3):
        answer = page.get("/shop/runs", headers=HTML)
        (nonce,) = re.findall(r'content="([^"]+)"', answer.text)
        assert f"style-src 'self' 'nonce-{nonce}'" in answer.headers[POLICY]
        assert "script-src 'self';" in answer.headers[POLICY]
        assert answer.headers.get_list(POLICY) == [answer.headers[POLICY]]
        seen.add(nonce)
    assert len(seen) == 3
    assert "__CSP_NONCE__" not in answer.text


def test_what_an_answer_says_itself_stands() -> None:
    async def answering(scope: object, receive: object, send: object) -> None:
        start = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-security-policy", b"mine"), (b"cache-control", b"public")],
        }
        await send(start)
        await send({"type": "http.response.body", "body": b""})

    answer = TestClient(SecurityHeaders(answering)).get("/api/x")
    assert (answer.headers[POLICY], answer.headers["cache-control"]) == ("mine", "public")


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("/dagster/graphql", "text/html", "script-src 'self' 'unsafe-inline'"),
        ("/dagster/notebook", "text/html; charset=utf-8", "script-src 'self';"),
        ("/dagster/_next/worker.js", "application/javascript", None),
        ("/dagsterish", "text/html", "script-src 'self';"),
    ],
)
def test_dagsters_answers_without_a_policy(path: str, kind: str, said: str | None) -> None:
    async def answering(scope: object, receive: object, send: object) -> None:
        headers = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    policy = TestClient(SecurityHeaders(answering)).get(path).headers.get(POLICY)
    assert (policy is None) if said is None else said in str(policy)
