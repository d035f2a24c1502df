"""`python -m api.serve`: what it listens on and what it believes, over a real socket."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api import serve
from api.kit.http import BoundedHttp
from core.kit.settings import Settings
from deploy.local.layout import REPOSITORY
from tests.api.conftest import free_port

URL = "postgresql://me:s3cret@127.0.0.1:1/none"


def environment(**values: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    return {**kept, "DATABASE_URL": URL, **values}


def started(folder: Path, **values: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "api.serve"],
        env=environment(WORKBENCH_DATA=str(folder), **values),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    number = free_port()
    process = started(
        tmp_path, WORKBENCH_PORT=str(number), JWT_SECRET_KEY="k3y-0123456789abcdefghijklmnopqrstuv"
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{number}/health", trust_env=False)
            break
        except httpx.TransportError:
            time.sleep(0.05)
    words = Path(f"/proc/{process.pid}/cmdline").read_text()
    yield number
    began = time.monotonic()
    process.terminate()
    said = process.communicate(timeout=20)[0]
    assert time.monotonic() - began < 10
    assert "s3cret" not in words + said
    assert "k3y" not in words + said


def test_it_answers_as_the_environment_says(port: int) -> None:
    answer = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
    assert answer.status_code == 200
    assert "server" not in answer.headers
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104
def test_an_open_address_without_login_is_refused(tmp_path: Path, host: str) -> None:
    process = started(tmp_path, WORKBENCH_HOST=host)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 2
    assert f"{host} is open to the network and nobody has to log in" in said
    assert "Traceback" not in said


def config(**values: object) -> uvicorn.Config:
    return serve.config_of(Settings.model_validate(values))


def test_the_limits_are_set() -> None:
    found = config(WORKBENCH_PORT=9, WORKBENCH_LOG_LEVEL="error")
    assert (found.host, found.port, found.http) == ("127.0.0.1", 9, BoundedHttp)
    assert (found.log_level, found.server_header) == ("error", False)
    assert (found.timeout_graceful_shutdown, found.timeout_keep_alive) == (3, 15)
    assert found.ws_max_size == serve.LARGEST_FRAME


def test_nobody_is_believed_about_addresses_but_who_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert config().proxy_headers is False
    named = config(WORKBENCH_TRUSTED_PROXIES="10.0.0.1, 10.1.0.0/16")
    assert named.proxy_headers is True
    assert named.forwarded_allow_ips == ["10.0.0.1", "10.1.0.0/16"]
    middleware = ProxyHeadersMiddleware(None, named.forwarded_allow_ips)  # type: ignore[arg-type]
    believed = [host for host in ("10.0.0.1", "10.1.2.3", "127.0.0.1") if host in middleware.trusted_hosts]
    assert believed == ["10.0.0.1", "10.1.2.3"]
