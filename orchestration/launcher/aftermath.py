"""What is left to do for a run whose process ended without doing it."""

import signal
import time
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

from core.runs.models import RunStep
from core.runs.ports import ENVIRONMENT_TAG
from orchestration.lib.leftovers import keep_leftovers
from orchestration.lib.services import services
from orchestration.lib.worker import WORKER_TAG, is_alive

GONE: Final = "The run's process is gone: it was killed, or the machine stopped."
GIVE_UP_SECONDS: Final = 120
PAUSE_SECONDS: Final = 1.0


def after_worker(run_id: str, code: int) -> None:
    """Say of a run how it ended, if it did not itself, and keep what it left."""
    _patiently(lambda: _see_to(run_id, code))


def after_server() -> None:
    """See to runs whose processes ended while there was no run server."""
    _patiently(_see_to_all)


def _patiently(action: Callable[[], None]) -> None:
    """The database may be away for a while."""
    until = time.monotonic() + GIVE_UP_SECONDS
    while not _done(action, is_last=time.monotonic() > until):
        time.sleep(PAUSE_SECONDS)


def _done(action: Callable[[], None], *, is_last: bool) -> bool:
    try:
        action()
    except Exception:
        if is_last:
            raise
        return False
    return True


def _see_to(run_id: str, code: int | None) -> None:
    with DagsterInstance.get() as instance:
        run = instance.get_run_by_id(run_id)
        if run is None:
            return
        if not run.is_finished:
            _conclude(instance, run, code)
    keep_leftovers(services(), run_id, run.tags.get(ENVIRONMENT_TAG))


def _see_to_all() -> None:
    with services().db.session() as session:
        open_steps = sa.select(RunStep.run_id).where(RunStep.status == "running").distinct()
        run_ids = list(session.scalars(open_steps))
    for run_id in run_ids:
        with DagsterInstance.get() as instance:
            run = instance.get_run_by_id(run_id)
        worker = run.tags.get(WORKER_TAG) if run else None
        if run and (run.is_finished or (worker is not None and is_alive(worker) is False)):
            _see_to(run_id, None)


def _conclude(instance: DagsterInstance, run: DagsterRun, code: int | None) -> None:
    if run.status == DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, "The run's process ended while it was being cancelled.")
    else:
        instance.report_run_failed(run, in_words(code))


def in_words(code: int | None) -> str:
    """How a process ended, from its exit code; minus the number of a signal that ended it; None: unseen."""
    if code is None:
        return GONE
    if code == -signal.SIGKILL:
        return "The run's process was killed (signal 9), by a person or because memory ran out."
    if code < 0:
        return f"The run's process was ended by signal {-code} ({signal.strsignal(-code)})."
    return f"The run's process ended with code {code} before the run did; the log of the run server says why."
