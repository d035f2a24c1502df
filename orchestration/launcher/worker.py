"""What the forked process of a run does: what `dagster api execute_run` does, from a warm start."""

import gc
import os
import random
import signal
from collections.abc import Mapping
from typing import Any, Final

from core.kit.processes import name_process
from orchestration.launcher.warmth import run_dbt
from orchestration.lib.children import Nursery, use_nursery
from orchestration.lib.garbage import collect_rarely

RUN_JOB_VARIABLE: Final = "DAGSTER_RUN_JOB_NAME"


def work(request: Mapping[str, Any]) -> int:
    """Carry out the run `run_id` of the job `job`. Returns the exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    random.seed()
    collect_rarely()
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

    from orchestration.lib.instance import hold_connections  # noqa: PLC0415

    with capture_interrupts(), DagsterInstance.get() as instance:
        hold_connections(instance)
        return _execute_run_command_body(run_id, instance, lambda _: None, set_exit_code_on_failure=False)
