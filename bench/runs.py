"""A run through the product against the same dbt command in a terminal, three of each, in turn."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

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


def measure() -> list[Row]:
    """Medians of launch to end, beside the terminal's wall time on a warehouse of its own."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="wbbench") as name:
        folder, port = Path(name), free_port()
        _terminal(folder, ["build"])
        command = [str(BIN / "workbench"), "up", "--data", str(folder / "data"), "--port", str(port)]
        with running(command, folder, port) as product:
            product.seconds_until(r"first build: success")
            for title, words, step in CASES:
                pairs = [(_terminal(folder, words), _product(product, step)) for _ in range(ROUNDS)]
                terminal = Row(f"{title}, terminal", round(statistics.median(p[0] for p in pairs), 2), "s")
                rows += [terminal, held(title, statistics.median(p[1] for p in pairs), "s", terminal)]
    return rows


def _terminal(folder: Path, words: list[str]) -> float:
    environment = {
        **os.environ,
        "WORKBENCH_DEMO_DUCKDB": str(folder / "terminal.duckdb"),
        "DBT_PROFILES_DIR": str(DEMO),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    began = time.monotonic()
    subprocess.run(
        [str(BIN / "dbt"), *words, *paths], cwd=DEMO, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - began


def _product(product: Running, step: dict[str, Any]) -> float:
    with httpx.Client(trust_env=False, timeout=60) as client:
        runs = f"{product.api}/city_bikes/runs"
        began = time.monotonic()
        run = client.post(runs, json={"steps": [step]}).raise_for_status().json()
        while run["status"] not in ENDED:
            time.sleep(0.1)
            run = client.get(f"{runs}/{run['run_id']}").raise_for_status().json()
        seconds = time.monotonic() - began
    if run["status"] != "success":
        raise RuntimeError(f"the run ended as {run['status']}: {run['status_message']}")
    return seconds
