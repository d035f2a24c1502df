"""Starting the product for a measurement."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LIMIT_SECONDS = 900


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Running:
    """A product that was started: since when, its address, and where it writes."""

    began: float
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def api(self) -> str:
        """The address of its workspaces."""
        return f"http://127.0.0.1:{self.port}/api/workspaces"

    def seconds_until(self, pattern: str) -> float:
        """Seconds from the start until a line of its output matches."""
        while time.monotonic() - self.began < LIMIT_SECONDS:
            if re.search(pattern, self.log.read_text(), re.MULTILINE):
                return time.monotonic() - self.began
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"did not come to {pattern!r}:\n{self.log.read_text()[-3000:]}")


@contextmanager
def running(command: Sequence[str], folder: Path, port: int) -> Generator[Running]:
    """Start it, and stop it at the end as Ctrl-C would."""
    log = folder / f"bench-{time.time_ns()}.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, env=environment, start_new_session=True
        )
    try:
        yield Running(began, port, log, process)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(90)
