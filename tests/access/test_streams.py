"""Streams are as closed as everything else, and end for whoever is no longer let in."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from httpx import Client

from api.runs import log as run_log
from core.auth.models import Membership, User
from tests.access.credentials import WHO, login
from tests.access.serving import serving
from tests.access.world import PEOPLE, SHOP, World, header, settings_with_login
from tests.api.shape import error_of
from tests.api.upstream import Upstream

STREAM = f"/api/workspaces/{SHOP}/runs/run-2/log/stream"
ENDED = f"/api/workspaces/{SHOP}/runs/run-1/log/stream"
SOON = 3.0


@pytest.fixture(scope="module")
def address(world: World, dagster: Upstream) -> Iterator[str]:
    with serving(settings_with_login(world.shop, dagster.url)) as found:
        yield found


@pytest.fixture
def browser(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(run_log, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(run_log, "POLL_SECONDS", 0.02)
    with Client(base_url=f"http://{address}", timeout=SOON) as client:
        yield client


@pytest.mark.parametrize(
    ("column", "status", "code"),
    [("nobody", 401, "unauthenticated"), ("outsider", 404, "not_found")],
)
def test_a_stream_is_refused_as_an_ordinary_answer(world: World, column: str, status: int, code: str) -> None:
    world.mend()
    for path in (STREAM, ENDED):
        error_of(world.client.get(path, headers=world.bearer(column)), status, code)


@pytest.mark.parametrize("column", ["viewer", "developer", "admin", WHO])
def test_members_follow_a_run_to_its_end(world: World, column: str) -> None:
    world.mend()
    response = world.client.get(ENDED, headers=world.bearer(column))
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "event: end" in response.text


def _log_out(world: World, refresh_token: str) -> None:
    world.client.post("/auth/logout", json={"refresh_token": refresh_token})


def _sign_out(world: World, _refresh_token: str) -> None:
    world.client.post("/api/admin/users/sam/sign-out", headers=world.bearer(WHO))


def _remove(world: World, _refresh_token: str) -> None:
    world.client.delete(f"/api/workspaces/{SHOP}/members/sam", headers=world.bearer("admin"))


def _deactivate(world: World, _refresh_token: str) -> None:
    world.client.patch("/api/admin/users/sam", json={"is_active": False}, headers=world.bearer(WHO))


def _must_change_password(world: World, _refresh_token: str) -> None:
    with world.state.db.session() as session:
        sam = User.username == "sam"
        session.execute(sa.update(User).where(sam).values(must_change_password=True))


@pytest.mark.parametrize("end", [_log_out, _sign_out, _remove, _deactivate, _must_change_password])
def test_an_open_stream_ends_with_the_right_to_read_it(
    world: World, browser: Client, end: Callable[[World, str], None]
) -> None:
    world.mend()
    issued = login(world, "sam")
    with browser.stream("GET", STREAM, headers=header(issued.access_token)) as response:
        lines = response.iter_lines()
        assert next(lines) == "event: status"
        end(world, issued.refresh_token)
        began = time.monotonic()
        rest = list(lines)
        assert time.monotonic() - began < SOON
    assert "event: end" not in rest
    world.mend()


def test_an_open_stream_ends_with_its_service_token(world: World, browser: Client) -> None:
    world.mend()
    made = _service_token(world)
    with browser.stream("GET", STREAM, headers=header(made["token"])) as response:
        lines = response.iter_lines()
        assert next(lines) == "event: status"
        path = f"/api/workspaces/{SHOP}/tokens/{made['item']['id']}"
        assert world.client.delete(path, headers=world.bearer("admin")).status_code == 204
        list(lines)


def _service_token(world: World) -> Any:
    body = {"name": "ci", "scopes": ["run:read"], "expires_in_days": 1}
    path = f"/api/workspaces/{SHOP}/tokens"
    return world.client.post(path, json=body, headers=world.bearer("admin")).json()


def test_an_open_stream_goes_on_for_whoever_may_still_read_it(world: World, browser: Client) -> None:
    world.mend()
    issued = login(world, "sam")
    with browser.stream("GET", STREAM, headers=header(issued.access_token), timeout=0.5) as response:
        lines = response.iter_lines()
        assert next(lines) == "event: status"
        with world.state.db.session() as session:
            sam = Membership.user_id == PEOPLE["sam"].number
            session.execute(sa.update(Membership).where(sam).values(role="admin"))
        with pytest.raises(httpx.ReadTimeout):
            list(lines)
