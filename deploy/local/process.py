"""Child processes: each in a session of its own, its output in a log file, never outliving the supervisor."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil

from core.kit.processes import dies_with_parent

LARGEST_LOG = 10_000_000
TICK = 0.02


class Child:
    """A process that the supervisor started.

    Start it from the main thread: Linux ends it when the *thread* that started it ends.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], cwd: Path, log: Path) -> None:
        rotate(log)
        with log.open("ab", buffering=0) as output:
            with suppress(OSError):  # a full disk
                output.write(
                    f"--- {time.strftime('%Y-%m-%dT%H:%M:%S%z')} {' '.join(command[1:4])}\n".encode()
                )
            self._process = _spawn(command, environment, cwd, output)
        self.log = log
        self._started: set[psutil.Process] = set()

    @property
    def pid(self) -> int:
        """Its process id, which is also the id of its session and group."""
        return self._process.pid

    def exit_status(self) -> int | None:
        """How it ended, or None while it runs."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Send SIGTERM, and remember everything it has started in the meantime."""
        self._started = _family(self.pid)
        with suppress(ProcessLookupError):
            self._process.terminate()

    def wait(self, seconds: float) -> bool:
        """Whether it ends within this time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it and whatever it had started, at once."""
        strays = self._started | _family(self.pid)
        if self.exit_status() is None:
            self._process.kill()
        for stray in strays:
            with suppress(psutil.Error):
                stray.kill()
        self._process.wait()

    def last_line(self) -> str:
        """The last thing it wrote to its log."""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 4000))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
        return next((line for line in reversed(lines) if line), "")


def end_family(leader: int) -> None:
    """End at once what belongs to the session of a process, which may be gone itself."""
    for stray in _family(leader):
        with suppress(psutil.Error):
            stray.kill()


def rotate(log: Path) -> None:
    """Put a log that has grown large aside; one older file is kept."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition comes true within this time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(TICK)
    return True


def _spawn(
    command: Sequence[str], environment: Mapping[str, str], cwd: Path, output: IO[bytes]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=dict(environment),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        # The terminal's Ctrl-C reaches the supervisor only, which stops the others in order.
        start_new_session=True,
        preexec_fn=dies_with_parent(),  # noqa: PLW1509 - one call, nothing that could wait for a lock
    )


def _family(leader: int) -> set[psutil.Process]:
    """Its descendants, and the members of its session, which stay in it when their parents die."""
    family: set[psutil.Process] = set()
    with suppress(psutil.Error):
        family.update(psutil.Process(leader).children(recursive=True))
    for pid in psutil.pids():
        with suppress(psutil.Error, ProcessLookupError):
            if pid != leader and os.getsid(pid) == leader:
                family.add(psutil.Process(pid))
    return family
