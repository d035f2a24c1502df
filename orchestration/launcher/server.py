"""The run server: a process that has loaded all that runs have in common, and forks one for each run.

It opens no connection and starts no thread, so a fork of it is as good as a process of its own. It holds
nothing that a run needs to go on: when it dies, runs go on, and the supervisor starts another one. When
packages or our code change, it becomes a new program in the same process, with the same socket and children.
"""

import contextlib
import gc
import json
import logging
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from orchestration.launcher.freshness import fingerprint
from orchestration.lib import wire
from orchestration.lib.worker import host, is_alive, this_worker, worker_of

HANDED_ON: Final = "WORKBENCH_RUN_SERVER_STATE"
PATIENCE_SECONDS: Final = 5.0
BACKLOG: Final = 128
MODULE: Final = "orchestration.launcher.server"
log = logging.getLogger("workbench.run_server")


class RunServer:
    """Listens at a Unix socket; requests are `run`, `stop`, `health` and `ping`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._runs: dict[int, str] = {}
        self._listener = self._inherit() or self._listen()
        self._loaded = fingerprint()
        self._ending = False

    def _listen(self) -> socket.socket:
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._path))
        self._path.chmod(0o600)
        listener.listen(BACKLOG)
        return listener

    def _inherit(self) -> socket.socket | None:
        """The socket and children of the program that this process was before."""
        state = os.environ.pop(HANDED_ON, None)
        if state is None:
            return None
        told = json.loads(state)
        self._runs = {int(pid): run_id for pid, run_id in told["runs"].items()}
        return socket.socket(fileno=told["listener"])

    def serve(self) -> None:
        """Answer until asked to end."""
        waking, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(woken)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)
        self._own = (waking, woken)
        with selectors.DefaultSelector() as selector:
            self._own = (waking, woken, selector.fileno())  # pyright: ignore[reportAttributeAccessIssue] - epoll's
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(waking, selectors.EVENT_READ)
            self._reap()
            self._apart(lambda aftermath: aftermath.after_server())
            while not self._ending:
                for key, _ in selector.select():
                    if key.fd == waking:
                        os.read(waking, 512)
                        self._reap()
                    else:
                        self._take()

    def _note(self, number: int, _frame: object) -> None:
        self._ending = self._ending or number != signal.SIGCHLD

    def _take(self) -> None:
        """One connection. Who connects while everything is loaded anew waits in the queue of the socket."""
        if fingerprint() != self._loaded:
            self._become_new()
        connection, _ = self._listener.accept()
        with connection, contextlib.suppress(wire.Gone):
            connection.settimeout(PATIENCE_SECONDS)
            request, _ = wire.receive(connection)
            wire.send(connection, self._answer(request, connection))

    def _become_new(self) -> None:
        log.info("Packages or code have changed: loading them.")
        self._listener.set_inheritable(True)
        os.environ[HANDED_ON] = json.dumps({"listener": self._listener.fileno(), "runs": self._runs})
        os.execv(sys.executable, [sys.executable, "-m", MODULE, str(self._path)])  # noqa: S606

    def _answer(self, request: Mapping[str, Any], connection: socket.socket) -> dict[str, Any]:
        match request.get("kind"):
            case "run":
                pid = self._fork_run(request, connection)
                return {"worker": worker_of(pid)}
            case "stop":
                return {"stopped": self._stop(str(request["run_id"]))}
            case "health":
                return {"alive": self._is_alive(str(request["run_id"]), str(request["worker"]))}
            case _:
                return {"worker": this_worker(), "runs": sorted(self._runs.values())}

    def _fork_run(self, request: Mapping[str, Any], connection: socket.socket) -> int:
        pid = os.fork()
        if pid:
            self._runs[pid] = str(request["run_id"])
            return pid
        code = 1
        try:
            self._forget(connection)
            from orchestration.launcher.worker import work  # noqa: PLC0415 - loaded long ago

            code = work(request)
        except BaseException:
            log.exception("run %s", request.get("run_id"))
        finally:
            _leave(code)
        raise AssertionError

    def _forget(self, connection: socket.socket | None) -> None:
        """Close what is the server's."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        for number in self._own:
            os.close(number)
        self._listener.close()
        if connection is not None:
            connection.close()

    def _stop(self, run_id: str) -> bool:
        for pid, run in self._runs.items():
            if run == run_id:
                os.kill(pid, signal.SIGINT)
                return True
        return False

    def _is_alive(self, run_id: str, worker: str) -> bool:
        """A worker of another host than ours was on a machine, or in a container, that is no more."""
        return run_id in self._runs.values() or bool(is_alive(worker))

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                run_id = self._runs.pop(pid, None)
                if run_id is not None and status != 0:
                    self._see_to(run_id, os.waitstatus_to_exitcode(status))

    def _see_to(self, run_id: str, code: int) -> None:
        """A worker that ended badly could not say so itself: another process does, with a database."""
        log.warning("The process of run %s ended with %d.", run_id, code)
        self._apart(lambda aftermath: aftermath.after_worker(run_id, code))

    def _apart(self, action: Callable[[Any], None]) -> None:
        """Do something that needs a database in a process of its own."""
        if os.fork():
            return
        try:
            self._forget(None)
            from orchestration.launcher import aftermath  # noqa: PLC0415 - loaded long ago

            action(aftermath)
        except BaseException:
            log.exception("what runs left could not be seen to")
        finally:
            _leave(0)


def _leave(code: int) -> None:
    """End a forked process without what the server would do at its own end."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def main(path: Path) -> None:
    """Load everything, then serve."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    from orchestration.launcher.warmth import warm_up  # noqa: PLC0415 - takes seconds, and the socket waits

    server = RunServer(path)
    warm_up()
    gc.disable()
    log.info("Ready on %s.", host())
    server.serve()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
