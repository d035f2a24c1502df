"""The daemon: Dagster's own, which ticks and starts runs, of which there is only one at a time.

Two daemons would each evaluate the same tick and make a run of it. So one holds a lock of PostgreSQL for as
long as it lives, and a second one waits for it. The lock goes with its connection: when that breaks, the
daemon takes the lock anew, and ends at once when another has been quicker.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

from core.kit.settings import get_settings
from orchestration.lib.garbage import collect_rarely

if TYPE_CHECKING:
    from dagster._daemon.controller import DagsterDaemonController
    from dagster._daemon.daemon import DagsterDaemon

# Any number, as long as nobody else takes it.
LOCK: Final = 0x77625F74_69636B
LOOK_EVERY: Final = 1.0
# A connection on which nothing comes back is a broken one.
CONNECTION: Final[dict[str, int]] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# Dagster's watch of the code server sees a reload within a second; reading all of it again each minute, as
# the daemon does by itself, holds up the ticks of a large installation. This is in case the watch misses one.
READ_AGAIN_SECONDS: Final = 600.0
CONNECTIONS: Final = 20
# `dagster.yaml` takes whole seconds only. A run waits for half of this on average, before anything begins.
DEQUEUE_SECONDS: Final = 0.5
TAKEN: Final = 3
log = logging.getLogger("workbench.daemon")


class OnlyOne:
    """The lock, held on a connection of its own."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: psycopg.Connection | None = None

    def take(self) -> bool:
        """Whether it is held now. Raises `psycopg.Error` where PostgreSQL does not answer."""
        if self._connection is None:
            self._connection = psycopg.connect(
                self._address,
                autocommit=True,
                application_name="workbench daemon",
                **CONNECTION,  # pyright: ignore[reportArgumentType]
            )
        row = self._connection.execute("select pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        return row is not None and bool(row[0])

    def check(self) -> bool:
        """Whether it is still held; taken anew where the connection was lost.

        Raises:
            psycopg.Error: PostgreSQL does not answer. Nobody can tick then, nor take the lock.
        """
        try:
            if self._connection is None:
                return self.take()
            self._connection.execute("select 1")
        except psycopg.Error:
            self.release()
            raise
        return True

    def release(self) -> None:
        """Give it up."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
        self._connection = None


def wait_for_turn(lock: OnlyOne) -> None:
    """Until this is the one daemon."""
    said = ""
    while True:
        try:
            if lock.take():
                return
            now = "Another daemon is at work; this one waits for its end."
        except psycopg.Error as error:
            lock.release()
            now = f"PostgreSQL does not answer: {str(error).strip()}"
        if now != said:
            log.info(now)
        said = now
        time.sleep(LOOK_EVERY)


def watch(lock: OnlyOne, lost: Callable[[], None]) -> None:
    """See, over and over, that this is still the one daemon."""
    silent = False
    while True:
        time.sleep(LOOK_EVERY)
        try:
            if not lock.check():
                lost()
                return
            if silent:
                log.info("PostgreSQL is back, and this is still the one daemon.")
            silent = False
        except psycopg.Error as error:
            if not silent:
                log.warning("PostgreSQL does not answer: %s", str(error).strip())
            silent = True


def _end_at_once() -> None:
    """Whatever is under way is the other daemon's to take up; what it began is written down."""
    log.error("PostgreSQL was away, and another daemon has taken over: this one ends.")
    os._exit(TAKEN)


@contextmanager
def controller(workspace: Path) -> Generator["DagsterDaemonController"]:
    """Dagster's daemons, with connections that stay open."""
    from dagster._cli.utils import get_instance_for_cli  # noqa: PLC0415 - seconds, and the lock comes first
    from dagster._core.workspace.context import WorkspaceProcessContext  # noqa: PLC0415
    from dagster._core.workspace.load_target import WorkspaceFileTarget  # noqa: PLC0415
    from dagster._daemon import controller as dagsters  # noqa: PLC0415
    from dagster._utils.log import configure_loggers  # noqa: PLC0415

    from orchestration.lib.instance import hold_connections  # noqa: PLC0415

    dagsters.RELOAD_WORKSPACE_INTERVAL = READ_AGAIN_SECONDS
    with ExitStack() as stack:
        instance = stack.enter_context(get_instance_for_cli())
        hold_connections(instance, CONNECTIONS)
        registry = stack.enter_context(dagsters.create_daemon_grpc_server_registry(instance, "warning"))
        daemons = [
            stack.enter_context(_prompt(one)) for one in dagsters.create_daemons_from_instance(instance)
        ]
        target = WorkspaceFileTarget(paths=[str(workspace)])
        context = stack.enter_context(
            WorkspaceProcessContext(instance, target, grpc_server_registry=registry)
        )
        configure_loggers(handler="default", formatter="colored", log_level="INFO")
        yield stack.enter_context(
            dagsters.DagsterDaemonController(context, daemons, grpc_server_registry=registry)
        )


def _prompt(daemon: "DagsterDaemon[Any]") -> "DagsterDaemon[Any]":
    """The same, quicker to see what is new."""
    from dagster._daemon.daemon import SchedulerDaemon  # noqa: PLC0415 - as above
    from dagster._daemon.run_coordinator import QueuedRunCoordinatorDaemon  # noqa: PLC0415

    from orchestration.lib.prompt_scheduler import PromptScheduler  # noqa: PLC0415

    if isinstance(daemon, QueuedRunCoordinatorDaemon):
        daemon.interval_seconds = min(daemon.interval_seconds, DEQUEUE_SECONDS)
    return PromptScheduler() if isinstance(daemon, SchedulerDaemon) else daemon


def _say_what_happens() -> None:
    """In the log of the service; what Dagster says, it says by itself."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)


def main(workspace: Path) -> int:
    """Wait for the turn, then work until told to end."""
    _say_what_happens()
    address = get_settings().database_url
    if address is None:
        log.error("DATABASE_URL is not set; `workbench up` sets it for the processes that it starts.")
        return 2
    collect_rarely()
    lock = OnlyOne(address)
    try:
        wait_for_turn(lock)
        log.info("This is the one daemon.")
        threading.Thread(target=watch, args=(lock, _end_at_once), daemon=True).start()
        from dagster._utils.interrupts import capture_interrupts  # noqa: PLC0415 - as above

        with capture_interrupts(), controller(workspace) as running:
            running.check_daemon_loop()
    except KeyboardInterrupt:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
