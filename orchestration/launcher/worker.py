"""What the forked process of a run does: what `dagster api execute_run` does, from a warm start."""

import gc
import os
import random
import signal
from collections.abc import Mapping
from typing import Any, Final

from core.kit.processes import name_process
from orchestration.launcher.warmth import RARELY, run_dbt
from orchestration.lib.children import Nursery, use_nursery

RUN_JOB_VARIABLE: Final = "DAGSTER_RUN_JOB_NAME"
NO_LIMIT: Final = 0
RECYCLE_SECONDS: Final = 3600
MORE_CONNECTIONS: Final = 4


def work(request: Mapping[str, Any]) -> int:
    """Carry out the run `run_id` of the job `job`. Returns the exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    random.seed()
    gc.set_threshold(*RARELY)
    gc.enable()
    # Before anything is opened: dbt is forked from a process that has nothing of this run.
    run_id = str(request["run_id"])
    use_nursery(Nursery.open(run_dbt, run_id[:8]))
    name_process(f"run {run_id[:8]}")
    os.environ[RUN_JOB_VARIABLE] = str(request["job"])
    return _execute(run_id)


def _execute(run_id: str) -> int:
    from dagster import DagsterInstance  # noqa: PLC0415 - loaded long ago
    from dagster._cli.api import (  # noqa: PLC0415
        _execute_run_command_body,  # pyright: ignore[reportPrivateUsage] - what the command does
    )
    from dagster._utils.interrupts import capture_interrupts  # noqa: PLC0415

    with capture_interrupts(), DagsterInstance.get() as instance:
        _hold_connections(instance)
        return _execute_run_command_body(run_id, instance, lambda _: None, set_exit_code_on_failure=False)


def _hold_connections(instance: Any) -> None:
    """Without this, Dagster connects to PostgreSQL for each event anew, which takes longer than the event.

    A connection is tried before it is used: PostgreSQL may have been started again in the middle of a run.
    """
    instance.optimize_for_webserver(NO_LIMIT, RECYCLE_SECONDS, MORE_CONNECTIONS)
    for storage in (instance.run_storage, instance.event_log_storage):
        engine = getattr(storage, "_engine", None) or storage._storage._engine  # noqa: SLF001 - Dagster names no other way
        engine.pool._pre_ping = True  # noqa: SLF001
