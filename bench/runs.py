"""A run through the product against the same dbt command in a terminal, three of each, in turn."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from bench.faults import processes_of
from bench.report import Row, held
from bench.stack import Running, free_port, running

REPOSITORY = Path(__file__).parents[1]
DEMO = REPOSITORY / "dbt_projects" / "city_bikes"
BIN = Path(sys.executable).parent
ROUNDS = 3
ENDED = {"success", "failed", "cancelled"}
CASES: list[tuple[str, list[str], dict[str, Any]]] = [
    ("dbt build", ["build"], {"command": "build"}),
    (
        "dbt run --select fct_trips",
        ["run", "--select", "fct_trips"],
        {"command": "run", "options": {"select": ["fct_trips"]}},
    ),
    ("dbt test", ["test"], {"command": "test"}),
]
MOST_OF_TERMINAL: Final = 0.8
QUEUED: Final = 20
MANY: Final[dict[str, Any]] = {"command": "run", "options": {"select": ["fct_trips"]}}
AT_ONCE: Final = 4
SAMPLES: Final = 200
MB: Final = 1_000_000
WORKER_MB: Final = 80


def measure() -> list[Row]:
    """Launch to end, first line, many at once, answers meanwhile, and memory."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="wbbench") as name:
        folder, port = Path(name), free_port()
        _terminal(folder, ["build"])
        command = [str(BIN / "workbench"), "up", "--data", str(folder / "data"), "--port", str(port)]
        with running(command, folder, port) as product:
            product.seconds_until(r"first build: success")
            for title, words, step in CASES:
                rows += _compare(folder, product, title, words, step)
            rows += _many(folder, product)
            rows += _answers(product)
            rows.append(_memory(product))
    return rows


def _compare(folder: Path, product: Running, title: str, words: list[str], step: dict[str, Any]) -> list[Row]:
    """The whole, and until the first line is there to be read."""
    pairs = [(_terminal(folder, words), _product(product, step)) for _ in range(ROUNDS)]
    rows: list[Row] = []
    for place, what in enumerate((title, f"{title}, first line of log")):
        terminal = Row(f"{what}, terminal", round(statistics.median(p[0][place] for p in pairs), 2), "s")
        most = MOST_OF_TERMINAL if place == 0 else 1.0
        rows += [terminal, held(what, statistics.median(p[1][place] for p in pairs), "s", terminal, most)]
    return rows


def _terminal(folder: Path, words: list[str]) -> tuple[float, float]:
    """Seconds to the end, and to the first line."""
    environment = {
        **os.environ,
        "WORKBENCH_DEMO_DUCKDB": str(folder / "terminal.duckdb"),
        "DBT_PROFILES_DIR": str(DEMO),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONUNBUFFERED": "1",
    }
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    began = time.monotonic()
    with subprocess.Popen(
        [str(BIN / "dbt"), *words, *paths], cwd=DEMO, env=environment, stdout=subprocess.PIPE
    ) as dbt:
        assert dbt.stdout is not None  # noqa: S101
        dbt.stdout.readline()
        first = time.monotonic() - began
        dbt.stdout.read()
    if dbt.returncode != 0:
        raise RuntimeError(f"dbt {' '.join(words)} ended with {dbt.returncode} in the terminal")
    return time.monotonic() - began, first


class Client:
    """Asks the product for runs of the demo."""

    def __init__(self, product: Running) -> None:
        self.runs = f"{product.api}/city_bikes/runs"
        self._client = httpx.Client(trust_env=False, timeout=60)

    def start(self, step: dict[str, Any], environment: str | None = None) -> str:
        """Start a run; its id."""
        body = {"steps": [step], **({"environment": environment} if environment else {})}
        return str(self._client.post(self.runs, json=body).raise_for_status().json()["run_id"])

    def get(self, path: str) -> Any:
        """An answer."""
        return self._client.get(f"{self.runs}{path}").raise_for_status().json()

    def wait(self, run_id: str) -> None:
        """Until it has ended well."""
        while (run := self.get(f"/{run_id}"))["status"] not in ENDED:
            time.sleep(0.1)
        if run["status"] != "success":
            raise RuntimeError(f"the run ended as {run['status']}: {run['status_message']}")


def _product(product: Running, step: dict[str, Any]) -> tuple[float, float]:
    """Seconds to the end, and until dbt's first line stands in the log."""
    client = Client(product)
    began = time.monotonic()
    run_id = client.start(step)
    first = _first_line(client, run_id, began)
    client.wait(run_id)
    return time.monotonic() - began, first


def _first_line(client: Client, run_id: str, began: float) -> float:
    with httpx.stream("GET", f"{client.runs}/{run_id}/log/stream", trust_env=False, timeout=120) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: ") and json.loads(line[6:]).get("event") == "MainReportVersion":
                return time.monotonic() - began
    raise RuntimeError("the log ended without a line of dbt")


def _many(folder: Path, product: Running) -> list[Row]:
    """Twenty runs asked for at once, beside as many in a terminal one after another."""
    words = ["run", "--select", "fct_trips"]
    terminal = statistics.median(_terminal(folder, words)[0] for _ in range(ROUNDS)) * QUEUED
    client = Client(product)
    began = time.monotonic()
    for run_id in [client.start(MANY) for _ in range(QUEUED)]:
        client.wait(run_id)
    own = time.monotonic() - began
    beside = Row(f"{QUEUED} runs one after another, terminal", round(terminal, 1), "s")
    return [beside, held(f"{QUEUED} runs queued at once", own, "s", beside, 1 / 1.5)]


@contextmanager
def _busy(product: Running) -> Generator[None]:
    """While four runs go on, each started anew when it ends, on the warehouse that takes several.

    They test what has been built: builds of the same relations would get into each other's way.
    """
    stop = threading.Event()
    first = Client(product)
    first.wait(first.start({"command": "build"}, "postgres"))

    def keep_running() -> None:
        client = Client(product)
        while not stop.is_set():
            client.wait(client.start({"command": "test"}, "postgres"))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        going = [pool.submit(keep_running) for _ in range(AT_ONCE)]
        while len([run for run in first.get("?limit=20")["items"] if run["status"] == "running"]) < AT_ONCE:
            time.sleep(0.2)
        yield
        stop.set()
        # A run that failed meanwhile is an error of this measurement.
        for one in going:
            one.result()


def _answers(product: Running) -> list[Row]:
    """p95 of pages that people look at meanwhile."""
    idle = _p95(product)
    with _busy(product):
        busy = _p95(product)
    beside = Row("p95 of the API, idle", round(idle, 1), "ms")
    return [beside, held(f"p95 of the API while {AT_ONCE} runs go on", busy, "ms", beside, 3.0)]


def _p95(product: Running) -> float:
    pages = ("/runs?limit=25", "/models?limit=50", "/lineage/state")
    took: list[float] = []
    with httpx.Client(base_url=f"{product.api}/city_bikes", trust_env=False, timeout=60) as client:
        for number in range(SAMPLES):
            began = time.monotonic()
            client.get(pages[number % len(pages)]).raise_for_status()
            took.append((time.monotonic() - began) * 1000)
    return statistics.quantiles(took, n=20)[-1]


def _memory(product: Running) -> Row:
    """What the process of a run has of its own while dbt works."""
    client = Client(product)
    run_id = client.start({"command": "build"})
    own: list[float] = []
    while client.get(f"/{run_id}")["status"] not in ENDED:
        found = [_private(process) for process in processes_of(run_id) if process.name().startswith("run")]
        own += [size for size in found if size]
        time.sleep(0.2)
    limit = Row("what it may have", WORKER_MB, "MB")
    return held(
        "memory of a run's worker that waits for dbt, its own", statistics.median(own) / MB, "MB", limit, 1.0
    )


def _private(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().uss)
    except psutil.Error:
        return 0.0
