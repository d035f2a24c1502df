"""No path leads out of where it belongs, and none breaks the application."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api.web import endpoints as web
from tests.access.operations import OPERATIONS, REAL, Operation
from tests.access.world import World, data_of

SECRET: Final = "what nobody may read"
BOUNDED = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
WITH_IDS = [operation for operation in OPERATIONS if operation.parameters("path")]

# Each is a segment of a path as it is sent: percent signs stand for themselves.
SEGMENTS: Final = [
    "..",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fsecret.txt",
    "..%2f..%2fsecret.txt",
    "..%5c..%5csecret.txt",
    "%252e%252e%252fsecret.txt",
    "%2fetc%2fpasswd",
    "%00",
    "a%00b",
    "%0a",
    "%0d%0aset-cookie:%20a=b",
    "%ff%fe",
    "%ed%a0%80",
    "%c0%ae%c0%ae",
    "%e2%80%ae",
    "%f0%9f%a6%93",
    "%",
    "%zz",
    "%20",
    ".",
    ";a=b",
    "'%20or%20'1'='1",
    "%25s%25n",
    "-1",
    "0",
    "1e3",
    "999999999999999999999999",
    "%d9%a1",
    "a" * 5000,
]
segments = st.sampled_from(SEGMENTS) | st.text(
    st.sampled_from("a1.%/\\2ef0-_~ \u00e9"), min_size=1, max_size=12
).map(lambda text: text.replace("/", "%2f").replace(" ", "%20"))


def ask(world: World, method: str, raw_path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """Send a path as it is: clients tidy paths up before they send them, attackers do not."""
    client: Any = world.client
    sent: list[dict[str, Any]] = []
    raw = raw_path.encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw_path),  # as servers do: what is no UTF-8 is replaced
        "raw_path": raw,
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1:8580"),
            (b"content-type", b"application/json"),
            *((name.encode(), value.encode()) for name, value in headers.items()),
        ],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8580),
        "state": {},
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    client.portal.call(client.app, scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


@pytest.fixture(autouse=True)
def hidden(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Secrets beside and above what may be read, and a small web app."""
    world.mend()
    data = data_of(world)
    for place in (data, data / "artifacts", data.parent, tmp_path):
        if place.is_dir():
            (place / "secret.txt").write_text(SECRET)
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<title>app</title>")
    (dist / "link.txt").symlink_to(tmp_path / "secret.txt")
    monkeypatch.setattr(web, "DIST", dist)
    yield
    world.mend()


def check_answer(path: str, status: int, body: bytes) -> None:
    assert status < 500, (path, status, body[:500])
    assert SECRET.encode() not in body, path
    assert b"root:" not in body, path


@pytest.mark.parametrize("operation", WITH_IDS, ids=lambda operation: operation.label)
def test_no_segment_of_a_path_breaks_an_operation_or_leads_out(world: World, operation: Operation) -> None:
    names = [item["name"] for item in operation.parameters("path")]
    mine = world.bearer("instance admin")

    @BOUNDED
    @given(st.sampled_from(names), segments)
    def attack(name: str, segment: str) -> None:
        values = {known: REAL.get(known, "1") for known in names} | {name: segment}
        path = operation.path
        for known, value in values.items():
            path = path.replace(f"{{{known}}}", value)
        if operation.changes and segment in REAL.values():
            return
        check_answer(path, *ask(world, operation.method, path, mine))

    attack()


@pytest.mark.parametrize("operation", WITH_IDS, ids=lambda operation: operation.label)
def test_every_known_attack_is_tried_in_every_place(world: World, operation: Operation) -> None:
    mine = world.bearer("instance admin")
    for name in (item["name"] for item in operation.parameters("path")):
        for segment in SEGMENTS:
            path = operation.path.replace(f"{{{name}}}", segment)
            for known, value in REAL.items():
                path = path.replace(f"{{{known}}}", value)
            check_answer(path, *ask(world, operation.method, path, mine))


@BOUNDED
@example("/../secret.txt")
@example("//../secret.txt")
@example("/assets/../../secret.txt")
@example("/..%2fsecret.txt")
@example("/%2e%2e/secret.txt")
@example("/link.txt")
@example("/%2fetc%2fpasswd")
@example("/\\..\\secret.txt")
@given(st.lists(segments, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts)))
def test_no_path_of_the_web_app_leads_out(world: World, path: str) -> None:
    for headers in ({}, {"accept": "text/html"}):
        check_answer(path, *ask(world, "GET", path, headers))


@BOUNDED
@given(st.sampled_from(["/api", "/auth", "/dagster", "/health", "/docs"]), st.lists(segments, max_size=3))
def test_nothing_below_the_closed_addresses_is_open_to_nobody(
    world: World, base: str, parts: list[str]
) -> None:
    path = "/".join([base, *parts])
    status, body = ask(world, "GET", path, {})
    check_answer(path, status, body)
    if base == "/dagster":
        assert status != 200 or b"<title>app</title>" in body
