"""What the supervisor asks of the API about runs: the demo's first build, the end of active ones."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from deploy.local.checks import HOST
from deploy.local.probes import http_json

ACTIVE = ("starting", "running", "cancelling")
CANCELLABLE = ("starting", "running")
ENDED = ("success", "failed", "cancelled")
FIRST_BUILD = [{"command": command} for command in ("build", "docs generate", "source freshness")]
PAUSE = 1.0


@dataclass(frozen=True)
class Run:
    """A run, as far as the supervisor needs it."""

    workspace: str
    run_id: str
    status: str
    message: str


class RunsClient:
    """Talks to the API on this machine, with a token where people log in."""

    def __init__(self, port: int, token: str | None = None, host: str = HOST) -> None:
        self._port = port
        self._token = token
        self._host = host

    def active(self) -> list[Run]:
        """Every run of every workspace that has begun and not ended."""
        return [
            run
            for key in self._workspaces()
            for status in ACTIVE
            for run in self._list(key, f"&status={status}")
        ]

    def cancel(self, run: Run) -> None:
        """Ask for the end of a run."""
        self._ask(f"/{run.workspace}/runs/{run.run_id}/cancel", "POST")

    def has_runs(self, workspace: str) -> bool:
        """Whether the workspace has any run at all; yes when that cannot be known."""
        status, page = self._ask(f"/{workspace}/runs?limit=1")
        return status != HTTPStatus.OK or bool(page.get("items"))

    def start(self, workspace: str, steps: list[dict[str, str]]) -> Run | None:
        """Ask for a run; None when it was refused."""
        status, body = self._ask(f"/{workspace}/runs", "POST", {"steps": steps})
        return _run(workspace, body) if status == HTTPStatus.CREATED else None

    def get(self, workspace: str, run_id: str) -> Run | None:
        """A run as it is now."""
        status, body = self._ask(f"/{workspace}/runs/{run_id}")
        return _run(workspace, body) if status == HTTPStatus.OK else None

    def _workspaces(self) -> Iterator[str]:
        _, page = self._ask("")
        return (str(item["key"]) for item in page.get("items", ()))

    def _list(self, workspace: str, query: str) -> Iterator[Run]:
        _, page = self._ask(f"/{workspace}/runs?limit=100{query}")
        return (_run(workspace, item) for item in page.get("items", ()))

    def _ask(self, path: str, method: str = "GET", body: object = None) -> tuple[int, Mapping[str, Any]]:
        address = f"/api/workspaces{path}"
        return http_json(self._port, address, method, body, host=self._host, token=self._token)


def build_demo_once(runs: RunsClient, workspace: str, address: str, say: Callable[[str], None]) -> None:
    """Have the demo built if it never was; say where to look, and later how it ended."""
    if runs.has_runs(workspace):
        return
    run = runs.start(workspace, FIRST_BUILD)
    if run is None:
        say("The demo project could not be built; start a run from the web app.")
        return
    say(f"Building the demo project: {address}/w/{workspace}/runs/{run.run_id}")
    began = time.monotonic()
    while run and run.status not in ENDED:
        time.sleep(PAUSE)
        run = runs.get(workspace, run.run_id)
    if run:
        why = f" ({run.message})" if run.message else ""
        say(f"The demo project's first build: {run.status} after {time.monotonic() - began:.0f} s{why}")


def cancel_active(runs: RunsClient, patience: float, say: Callable[[str], None]) -> None:
    """Cancel what runs and wait for it, within bounds. Queued runs stay queued for the next start."""
    deadline = time.monotonic() + patience
    active = runs.active()
    if active:
        say(f"Cancelling {len(active)} active run{'s' if len(active) > 1 else ''}.")
    for run in active:
        if run.status in CANCELLABLE:
            runs.cancel(run)
    while active and time.monotonic() < deadline:
        time.sleep(PAUSE / 2)
        active = runs.active()
    if active:
        say(f"Not ended within {patience:.0f} s: {', '.join(run.run_id for run in active)}.")


def _run(workspace: str, body: Mapping[str, Any]) -> Run:
    return Run(workspace, str(body["run_id"]), str(body["status"]), str(body.get("status_message") or ""))
