"""From a clone to a running product, and the second time."""

import subprocess
import tempfile
from pathlib import Path

from bench.report import Row, held
from bench.stack import free_port, running

REPOSITORY = Path(__file__).parents[1]
READY = r"^Ready in"
BUILT = r"first build: success"


def measure() -> list[Row]:
    """`make up` from a clean clone until ready and until the demo is built; again; and without `make`."""
    with tempfile.TemporaryDirectory(prefix="wbbench") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
        cold, built = _make_up(clone, wait_for_demo=True)
        warm, _ = _make_up(clone)
        first, second = _workbench_up(clone, "other"), _workbench_up(clone, "other")
    cold_row = Row("make up, clean clone, to ready", round(cold, 2), "s")
    first_row = Row("workbench up, new data folder, to ready", round(first, 2), "s")
    two_minutes = Row("two minutes", 120, "s")
    return [
        cold_row,
        held("make up, clean clone, to demo built", built, "s", two_minutes, 1.0),
        held("make up, again, to ready", warm, "s", cold_row, 0.5),
        first_row,
        held("workbench up, same data folder, to ready", second, "s", first_row, 0.5),
    ]


def _make_up(clone: Path, *, wait_for_demo: bool = False) -> tuple[float, float]:
    port = free_port()
    with running(["make", "up", f"ARGS=--port {port}"], clone, port) as product:
        ready = product.seconds_until(READY)
        return ready, product.seconds_until(BUILT) if wait_for_demo else 0.0


def _workbench_up(clone: Path, data: str) -> float:
    port = free_port()
    command = [str(clone / ".venv" / "bin" / "workbench"), "up", "--data", data, "--port", str(port)]
    with running(command, clone, port) as product:
        ready = product.seconds_until(READY)
        if "Building the demo" in product.log.read_text():
            product.seconds_until(BUILT)
        return ready
