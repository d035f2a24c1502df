"""One run of the stack, from the first line to the last."""

import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import psutil

from core import __version__
from core.kit.errors import WorkbenchError
from core.kit.settings import Settings
from deploy.local import checks, runs
from deploy.local.accounts import Accounts
from deploy.local.dagster_home import write_configuration
from deploy.local.database import check_database
from deploy.local.environment import Addresses, embedded_addresses, own_addresses
from deploy.local.errors import PartFailed
from deploy.local.guard import Guard
from deploy.local.layout import DEMO_KEY, WEB_APP, DataFolder
from deploy.local.lock import DataFolderLock
from deploy.local.parts import Background
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.process import wait_until
from deploy.local.progress import Progress
from deploy.local.runs import RunsClient
from deploy.local.services import API, CODE_SERVER, DAEMON, Stack
from deploy.local.supervisor import Services, Supervisor

CANCEL_PATIENCE = 20.0
POSTGRES_TICK = 2.0
KILLED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def address(settings: Settings) -> str:
    """Where the web app is."""
    return checks.http_address(settings.host, settings.port)


class KilledByUser(BaseException):
    """A second Ctrl-C."""


@dataclass
class StopRequests:
    """Counts the signals that ask for an end. The second one interrupts whatever is going on."""

    count: int = 0

    def listen(self) -> None:
        """Take over Ctrl-C, `kill` and the closing of the terminal."""
        for number in SIGNALS:
            signal.signal(number, self._note)

    def ignore(self) -> None:
        """From here on the end is coming anyway."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def any(self) -> bool:
        """Whether an end was asked for."""
        return self.count > 0

    def _note(self, *_: object) -> None:
        self.count += 1
        if self.count > 1:
            raise KilledByUser


class Session:
    """Starts the stack, watches it and stops it."""

    def __init__(
        self,
        settings: Settings,
        data: DataFolder,
        lock: DataFolderLock,
        progress: Progress,
        projects: Sequence[Path],
        *,
        demo: bool,
    ) -> None:
        self._settings = settings
        self._data = data
        self._lock = lock
        self._progress = progress
        self._projects = projects
        self._demo = demo
        self._stopping = StopRequests()
        self._postgres: EmbeddedPostgres | None = None
        self._supervisor: Supervisor | None = None
        self._guard: Guard | None = None
        self._accounts: Accounts | None = None
        self._looked_at = 0.0

    def run(self) -> int:
        """Start, watch, stop. Returns the exit code.

        Raises:
            CannotStart: a part does not come up; everything is stopped again.
        """
        self._stopping.listen()
        try:
            self._start_and_watch()
            return self._stop()
        except KilledByUser:
            return self._kill()
        except Exception as error:
            self._stopping.ignore()
            self._stop_everything()
            if isinstance(error, WorkbenchError):
                raise
            raise self._unexpected(error) from error

    def _unexpected(self, error: Exception) -> PartFailed:
        log = self._data.log("workbench")
        with log.open("a") as file:
            traceback.print_exception(error, file=file)
        said = next(iter(str(error).splitlines()), "no reason given")
        return PartFailed(
            f"It stopped for a reason that it does not know, {type(error).__name__}: {said}",
            hint=f"The details: {log}",
        )

    def _start_and_watch(self) -> None:
        self._progress.say(f"dbt Workbench {__version__}, data in {self._data.root}")
        # Half a second of imports, meanwhile; whoever needs them finds them there.
        Background(lambda: import_module("core.schema"))
        addresses = self._database()
        write_configuration(self._data, self._settings)
        if self._settings.auth_enabled:
            at = address(self._settings)
            self._accounts = Accounts(self._settings, addresses.database_url, at, self._progress.say)
        stack = Stack(
            self._settings, self._data, addresses, self._projects, demo=self._demo, accounts=self._accounts
        )
        self._supervisor = Supervisor(
            stack.parts(), self._progress, asked_to_stop=self._stopping.any, describe=self._describe
        )
        if self._supervisor.start():
            self._announce()
            self._supervisor.watch(also=self._look_after_postgres)

    def _database(self) -> Addresses:
        began = time.monotonic()
        url = self._settings.database_url
        if url:
            addresses = own_addresses(self._settings, url, checks.free_port())
            check_database(url, addresses.owner_url if addresses.app_role else None)
            self._guard = Guard(Path(os.devnull))
        else:
            self._postgres = EmbeddedPostgres(self._data)
            self._guard = Guard(self._postgres.pid_file)
            access = self._postgres.start()
            addresses = embedded_addresses(access, checks.free_port())
        self._progress.part("postgres", "ready", time.monotonic() - began, "DATABASE_URL" if url else "")
        return addresses

    def _describe(self, services: Services) -> None:
        self._lock.describe(services)
        if self._guard and self._supervisor:
            self._guard.protect(self._supervisor.groups())

    def _announce(self) -> None:
        if not WEB_APP.is_file():
            self._progress.part("web app", "missing", note="only the API answers; `make web` builds it")
        at = address(self._settings)
        taken = time.time() - psutil.Process().create_time()
        self._progress.say(
            f"Ready in {taken:.1f} s: {self._progress.strong(at)}    (Ctrl-C stops everything)"
        )
        if not self._settings.is_loopback:
            self._progress.say(f"It listens on {self._settings.host} without TLS: put a proxy before it.")
        if self._demo:
            client = self._runs_client()
            Background(lambda: runs.build_demo_once(client, DEMO_KEY, at, self._say_unless_stopping))

    def _runs_client(self) -> RunsClient:
        token = self._accounts.token if self._accounts else None
        return RunsClient(self._settings.port, token, checks.reachable(self._settings.host))

    def _say_unless_stopping(self, line: str) -> None:
        if not self._stopping.any():
            self._progress.say(line)

    def _look_after_postgres(self) -> None:
        if self._postgres is None or time.monotonic() - self._looked_at < POSTGRES_TICK:
            return
        self._looked_at = time.monotonic()
        if not self._postgres.running():
            self._progress.part(
                "postgres", "stopped", note=f"starting it again. Its log: {self._postgres.log}"
            )
            with suppress(PartFailed):
                self._postgres.start()
                self._progress.part("postgres", "again", time.monotonic() - self._looked_at, "ready again")

    def _stop(self) -> int:
        began = time.monotonic()
        self._progress.say("Stopping")
        if self._supervisor:
            self._cancel_runs(self._supervisor)
        self._stop_everything()
        self._progress.say(f"Stopped in {time.monotonic() - began:.1f} s.")
        return 0

    def _cancel_runs(self, supervisor: Supervisor) -> None:
        """The daemon goes first: it would start queued runs in the place of cancelled ones."""
        daemon, api = supervisor.service(DAEMON), supervisor.service(API)
        if daemon and daemon.child:
            daemon.child.ask_to_stop()
        if api and api.child and api.child.exit_status() is None:
            client = self._runs_client()
            _bounded(
                lambda: runs.cancel_active(client, CANCEL_PATIENCE, self._progress.say), CANCEL_PATIENCE + 5
            )

    def _stop_everything(self) -> None:
        if self._supervisor:
            self._supervisor.stop(last=CODE_SERVER)
        if self._accounts:
            self._accounts.close()
        self._close()

    def _kill(self) -> int:
        self._stopping.ignore()
        self._progress.say("Killed.")
        if self._supervisor:
            self._supervisor.kill()
        self._close()
        return KILLED

    def _close(self) -> None:
        if self._postgres:
            self._postgres.stop()
        if self._guard:
            self._guard.dismiss()


def _bounded(action: Callable[[], None], seconds: float) -> None:
    wait_until(Background(action).done, seconds)
