"""`python -m bench.faults`: kill each part of the product in the middle of a run, and see what becomes of it.

One at a time, by `kill -9`: the run must end with a true status, nothing may stay behind, the files that it
left must be kept, and the next run must work. Prints a table; the exit code says whether all of it held.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from bench.stack import free_port, running

REPOSITORY: Final = Path(__file__).parents[1]
PROJECT: Final = REPOSITORY / "tests" / "projects" / "tiny"
WORKSPACE: Final = "tiny"
ENDED: Final = {"success", "failed", "cancelled"}
FAIR_SECONDS: Final = 60.0
BUSY_SECONDS: Final = 8
# A step that leaves files, then one that is in the middle of something.
STEPS: Final = (
    {"command": "build"},
    {"command": "run-operation", "options": {"macro": "wait", "args": {"seconds": BUSY_SECONDS}}},
)


@dataclass(frozen=True)
class Fault:
    """What is killed, and how a run may end after that."""

    name: str
    victim: Callable[["Product", str], int]
    may_end: frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """What became of the run, and of the next."""

    fault: str
    ended: str
    seconds: float
    reason: str
    left: Sequence[str]
    artifacts: int
    following: str

    def problems(self, fault: Fault) -> list[str]:
        """What is not as it must be."""
        wrong = [
            (self.ended not in fault.may_end, f"it ended as {self.ended}"),
            (self.seconds > FAIR_SECONDS, f"it took {self.seconds:.0f} s"),
            (self.ended == "failed" and not self.reason, "nobody says why it failed"),
            (bool(self.left), f"left behind: {', '.join(self.left)}"),
            (self.artifacts == 0, "its files are lost"),
            (self.following != "success", f"the next run ended as {self.following}"),
        ]
        return [problem for is_wrong, problem in wrong if is_wrong]


class Product:
    """A running product, as far as faults need it."""

    def __init__(self, port: int, data: Path) -> None:
        self._data = data
        base = f"http://127.0.0.1:{port}/api/workspaces/{WORKSPACE}"
        self._client = httpx.Client(base_url=base, timeout=30, trust_env=False)

    def keeper(self) -> int:
        """The process that starts and watches the others."""
        return int(self._written()["pid"])

    def service(self, name: str) -> int:
        """The process of a service."""
        return int(self._written()["services"][name]["pid"])

    def _written(self) -> dict[str, Any]:
        return json.loads((self._data / "workbench.lock").read_text())

    def postgres(self) -> int:
        """The first process of PostgreSQL."""
        return int((self._data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """An answer, or None while there is none to be had."""
        try:
            answer = self._client.request(method, path, **more)
        except httpx.HTTPError:
            return None
        return answer.json() if answer.is_success else None

    def start(self, steps: Sequence[Any]) -> str:
        """Start a run; tried until it is taken."""
        return str(_until(lambda: self.ask("POST", "/runs", json={"steps": list(steps)}), 90)["run_id"])

    def ended(self, run_id: str, seconds: float) -> dict[str, Any]:
        """The run, once it has ended, or as it is after this time."""
        until = time.monotonic() + seconds
        run: dict[str, Any] = {"status": "unknown", "status_message": None}
        while time.monotonic() < until and run["status"] not in ENDED:
            run = self.ask("GET", f"/runs/{run_id}") or run
            time.sleep(0.2)
        return run


def processes_of(run_id: str) -> list[psutil.Process]:
    """The processes of a run, which are named after it: its worker, what forks dbt, dbt."""
    names = {f"{kind} {run_id[:8]}": kind for kind in ("run", "nest", "dbt")}
    return [process for process in psutil.process_iter(["name"]) if process.info["name"] in names]


def _process(kind: str) -> Callable[[Product, str], int]:
    def find(_: Product, run_id: str) -> int:
        return next(process.pid for process in processes_of(run_id) if process.name().startswith(kind))

    return find


def _service(name: str) -> Callable[[Product, str], int]:
    return lambda product, _: product.service(name)


FAILS: Final = frozenset({"failed"})
GOES_ON: Final = frozenset({"success"})
EITHER: Final = frozenset({"success", "failed"})
FAULTS: Final = (
    Fault("worker", _process("run"), FAILS),
    Fault("dbt", _process("dbt"), FAILS),
    Fault("nursery of dbt", _process("nest"), FAILS),
    Fault("run server", _service("run-server"), GOES_ON),
    Fault("code server", _service("code-server"), GOES_ON),
    Fault("daemon", _service("dagster-daemon"), GOES_ON),
    Fault("webserver", _service("dagster-webserver"), GOES_ON),
    Fault("API", _service("api"), GOES_ON),
    Fault("PostgreSQL", lambda product, _: product.postgres(), EITHER),
)


def strike(product: Product, fault: Fault) -> Outcome:
    """Kill it in the middle of a run, and follow what happens."""
    run_id = product.start(STEPS)
    _until(lambda: _is_in_second_step(product, run_id), 120)
    os.kill(fault.victim(product, run_id), signal.SIGKILL)
    struck = time.monotonic()
    run = product.ended(run_id, FAIR_SECONDS + BUSY_SECONDS + 10)
    # What the run itself still takes is no delay.
    own = BUSY_SECONDS if run["status"] == "success" else 0
    seconds = max(0.0, time.monotonic() - struck - own)
    left = _until(lambda: not processes_of(run_id), 15, give_up=True)
    files = _until(lambda: product.ask("GET", f"/runs/{run_id}/artifacts"), 60)
    following = product.ended(product.start([{"command": "compile"}]), 120)
    return Outcome(
        fault.name,
        run["status"],
        seconds,
        str(run.get("status_message") or ""),
        [] if left else [process.name() for process in processes_of(run_id)],
        files["total"],
        following["status"],
    )


def _is_in_second_step(product: Product, run_id: str) -> bool:
    run = product.ask("GET", f"/runs/{run_id}")
    busy = [process for process in processes_of(run_id) if process.name().startswith("dbt")]
    return bool(run and run["steps"][1]["status"] == "running" and busy)


def _until(answer: Callable[[], Any], seconds: float, *, give_up: bool = False) -> Any:
    """The first answer that is one. Otherwise None with `give_up`, else TimeoutError."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := answer():
            return found
        time.sleep(0.2)
    if give_up:
        return None
    raise TimeoutError(f"nothing came within {seconds:.0f} s")


@contextmanager
def product_of(folder: Path) -> Generator[Product]:
    """The product with a small project, in this folder."""
    project, data, port = shutil.copytree(PROJECT, folder / "tiny"), folder / "data", free_port()
    command = [str(Path(sys.executable).parent / "workbench"), "up", "--data", str(data), "--port", str(port)]
    with running([*command, "--no-demo", "--project", str(project)], folder, port) as started:
        started.seconds_until(r"^Ready in")
        yield Product(port, data)


def main() -> int:
    """Strike with every fault. Returns 1 if anything was not as it must be."""
    print(f"{'killed':<16} {'the run':<9} {'after':>7}  {'files':>5}  {'next run':<9} verdict", flush=True)
    bad = 0
    with tempfile.TemporaryDirectory(prefix="wbfaults") as name, product_of(Path(name)) as product:
        for fault in FAULTS:
            outcome = strike(product, fault)
            problems = outcome.problems(fault)
            bad += bool(problems)
            said = "; ".join(problems) or f"ok  {outcome.reason}".strip()
            print(
                f"{fault.name:<16} {outcome.ended:<9} {outcome.seconds:5.1f} s  {outcome.artifacts:>5}  "
                f"{outcome.following:<9} {said}",
                flush=True,
            )
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
