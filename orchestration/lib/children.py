"""dbt as a child of this process: forked from one that has it imported, or started as a program.

Both look like `subprocess.Popen`, as far as dagster-dbt and we look.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, Protocol

from core.kit.processes import dies_with_parent, name_process
from core.runs.dbt_process import dbt_executable
from orchestration.lib import wire

LOST: Final = -signal.SIGKILL


class Process(Protocol):
    """What is used of a process."""

    args: Sequence[str]
    stdout: IO[bytes] | None
    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Its exit code, or minus the signal that ended it; None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """The same, once it has ended."""
        ...

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it still runs."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


class Forked:
    """A child of the nursery, which says over `channel` how it ended."""

    def __init__(self, args: Sequence[str], pid: int, stdout: IO[bytes], channel: socket.socket) -> None:
        self.args = args
        self.pid = pid
        self.stdout: IO[bytes] | None = stdout
        self.returncode: int | None = None
        self._channel = channel

    def poll(self) -> int | None:
        """See `Process`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0.0001)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """See `Process`."""
        if self.returncode is None:
            self._channel.settimeout(timeout)
            try:
                ready = self._channel.recv(1, socket.MSG_PEEK)
            except TimeoutError:
                raise subprocess.TimeoutExpired("dbt", timeout or 0) from None
            self._channel.settimeout(None)
            self.returncode = self._told() if ready else LOST
        return self.returncode

    def _told(self) -> int:
        try:
            return int(wire.receive(self._channel)[0]["exit"])
        except wire.Gone:
            return LOST

    def send_signal(self, sig: int) -> None:
        """See `Process`."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def kill(self) -> None:
        """See `Process`."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """A child of this process that is left as it was when it was forked, and forks a dbt when asked to.

    Forking this process itself in the middle of a run would hand a copy of its threads' locks and of its
    connections to dbt.
    """

    def __init__(self, channel: socket.socket, pid: int) -> None:
        self._channel = channel
        self.pid = pid

    @classmethod
    def open(cls, run_dbt: Callable[[Sequence[str]], int], run: str) -> "Nursery":
        """Fork it, for a run. `run_dbt` gets the words of a command line and returns an exit code."""
        ours, theirs = socket.socketpair()
        before = dies_with_parent()
        pid = os.fork()
        if pid == 0:
            ours.close()
            before()
            name_process(f"nest {run}")
            serve(theirs, run_dbt, run)
        theirs.close()
        return cls(ours, pid)

    def spawn(self, words: Sequence[str], env: Mapping[str, str], cwd: str) -> Forked:
        """Start dbt.

        Raises:
            OSError: it could not be started.
        """
        reading, writing = os.pipe()
        request = {"words": list(words), "env": dict(env), "cwd": cwd}
        try:
            wire.send(self._channel, request, [writing])
            answer, _ = wire.receive(self._channel)
            while "pid" not in answer:  # how the one before ended, if nobody asked
                answer, _ = wire.receive(self._channel)
        except wire.Gone as error:
            os.close(reading)
            raise OSError(f"the process that starts dbt is gone ({error})") from error
        finally:
            os.close(writing)
        return Forked(words, answer["pid"], os.fdopen(reading, "rb"), self._channel)


def serve(channel: socket.socket, run_dbt: Callable[[Sequence[str]], int], run: str) -> None:
    """What a nursery does until its parent is gone: one dbt at a time. Never returns."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    # Ctrl-C and our own signals are for dbt, which then ends in its own way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(wire.Gone):
        while True:
            request, files = wire.receive(channel, files=1)
            pid = _fork_dbt({**request, "run": run}, files[0], channel, run_dbt)
            os.close(files[0])
            wire.send(channel, {"pid": pid})
            _, status = os.waitpid(pid, 0)
            wire.send(channel, {"exit": os.waitstatus_to_exitcode(status)})
    os._exit(0)


def _fork_dbt(
    request: Mapping[str, Any], output: int, channel: socket.socket, run_dbt: Callable[[Sequence[str]], int]
) -> int:
    before = dies_with_parent(signal.SIGINT)
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        before()
        channel.close()
        name_process(f"dbt {request['run']}")
        _settle(request, output)
        code = run_dbt(request["words"])
    except BaseException:  # noqa: BLE001 - nothing may run up the stack of the parent that was copied
        traceback.print_exc()
    finally:
        os._exit(code)


def _settle(request: Mapping[str, Any], output: int) -> None:
    """Give a forked process the environment, folder and output of its own."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(output)
    sys.stdout = sys.stderr = os.fdopen(
        1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False
    )
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])


_nursery: Nursery | None = None


def use_nursery(nursery: Nursery | None) -> None:
    """From now on, this process has its own dbt forked by this nursery."""
    global _nursery  # noqa: PLW0603 - one a process, as there is one `os.environ`
    _nursery = nursery


def spawn_dbt(words: Sequence[str], env: Mapping[str, str], cwd: str) -> Process:
    """Start dbt; the first word is its executable. It dies with this process.

    Raises:
        OSError: it could not be started.
    """
    if _nursery is not None and words[0] == dbt_executable():
        return _nursery.spawn(words, env, cwd)
    return subprocess.Popen(  # pyright: ignore[reportReturnType] - a Popen has more than `Process` asks for
        words,
        env=dict(env),
        cwd=Path(cwd),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=dies_with_parent(signal.SIGINT),  # noqa: PLW1509 - one system call; no lock is taken between fork and exec
    )
