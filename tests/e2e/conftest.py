"""The whole product, started once by `workbench up` in a temporary folder, and a real browser."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

REPOSITORY = Path(__file__).parents[2]
TINY = Path(__file__).parents[1] / "projects" / "tiny"
WORKBENCH = Path(sys.executable).parent / "workbench"
START_SECONDS = 180
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ENDED = {"success", "failed", "cancelled"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(check: Callable[[], Any], what: str, seconds: float = 120) -> Any:
    """The first true answer of `check`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(0.3)
    pytest.fail(f"waited {seconds:.0f} s for {what}")


@dataclass
class Stack:
    """A running product."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    client: httpx.Client = field(repr=False)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def get(self, path: str, **params: Any) -> Any:
        answer = self.client.get(f"/api/workspaces{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def start(self, workspace: str, *steps: dict[str, Any]) -> str:
        answer = self.client.post(f"/api/workspaces/{workspace}/runs", json={"steps": list(steps)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["run_id"])

    def wait(self, workspace: str, run_id: str, seconds: float = 150) -> dict[str, Any]:
        """The run, once it has ended."""

        def ended() -> dict[str, Any] | None:
            run = self.get(f"/{workspace}/runs/{run_id}")
            return run if run["status"] in ENDED else None

        return wait_for(ended, f"the end of run {run_id}", seconds)

    def events(self, workspace: str, run_id: str, **params: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """The server-sent events of a run's log, until the stream ends."""
        path = f"/api/workspaces/{workspace}/runs/{run_id}/log/stream"
        kind = ""
        with self.client.stream("GET", path, params=params, timeout=150) as answer:
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield kind, json.loads(line.removeprefix("data: "))

    def graphql(self, query: str) -> Any:
        answer = self.client.post("/dagster/graphql", json={"query": query})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def output(self) -> str:
        return (self.folder / "up.log").read_text()


@contextmanager
def running(
    folder: Path, projects: Sequence[Path], *options: str, environment: Mapping[str, str] | None = None
) -> Generator[Stack]:
    """`workbench up` on a data folder of its own, until the block ends."""
    port = free_port()
    command = [str(WORKBENCH), "up", "--data", str(folder / "data"), "--port", str(port), *options]
    for project in projects:
        command += ["--project", str(project)]
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
        stack = Stack(folder, port, process, client)
        try:
            wait_for(lambda: _is_up(stack), "workbench up", START_SECONDS)
            yield stack
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The product with the demo, a small project, and one that does not parse."""
    folder = Path(tempfile.mkdtemp(prefix="wbe2e"))
    tiny = Path(shutil.copytree(TINY, folder / "tiny"))
    broken = Path(shutil.copytree(TINY, folder / "broken"))
    (broken / "dbt_project.yml").write_text("name: broken\nprofile: tiny\n")
    (broken / "models" / "orders.sql").write_text("select * from {{ ref('nobody_knows') }}")
    with running(folder, [tiny, broken]) as stack:
        yield stack
    shutil.rmtree(folder, ignore_errors=True)


def _is_up(stack: Stack) -> bool:
    if stack.process.poll() is not None:
        pytest.fail(f"workbench up ended:\n{stack.output()}")
    return re.search(r"^Ready in", stack.output(), re.MULTILINE) is not None


@pytest.fixture(scope="session")
def demo_built(stack: Stack) -> dict[str, Any]:
    """The demo's first run, which the product starts by itself."""
    runs = wait_for(lambda: stack.get("/city_bikes/runs")["items"], "the demo's first run")
    return stack.wait("city_bikes", runs[-1]["run_id"], 240)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("the browser tests need Chromium; .ci/run installs it where it can")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A fresh page; an error in the browser's console fails the test."""
    context = browser.new_context(base_url=stack.address, viewport={"width": 1360, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
