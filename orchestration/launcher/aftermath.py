"""What is left to do for a run whose process ended without doing it."""

import signal
import time
from typing import Any, Final

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

GIVE_UP_SECONDS: Final = 120
PAUSE_SECONDS: Final = 1.0


def after_worker(run_id: str, code: int) -> None:
    """Say of a run how it ended, if it did not itself. The database may be away for a while."""
    until = time.monotonic() + GIVE_UP_SECONDS
    while not _try_to_conclude(run_id, code, is_last=time.monotonic() > until):
        time.sleep(PAUSE_SECONDS)


def _try_to_conclude(run_id: str, code: int, *, is_last: bool) -> bool:
    try:
        with DagsterInstance.get() as instance:
            _conclude(instance, run_id, code)
    except Exception:
        if is_last:
            raise
        return False
    return True


def _conclude(instance: DagsterInstance, run_id: str, code: int) -> None:
    run: DagsterRun | None = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return
    if run.status == DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, "The run's process ended while it was being cancelled.")
    else:
        instance.report_run_failed(run, in_words(code))


def in_words(code: int) -> Any:
    """How a process ended, from its exit code; minus the number of a signal that ended it."""
    if code == -signal.SIGKILL:
        return "The run's process was killed (signal 9), by a person or because memory ran out."
    if code < 0:
        return f"The run's process was ended by signal {-code} ({signal.strsignal(-code)})."
    return f"The run's process ended with code {code} before the run did; the log of the run server says why."
