"""The launcher of runs on one machine: each is forked from the run server, which has everything loaded."""

import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Self

import psutil
from dagster import DagsterRun, Field, StringSource
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, RunLauncher, WorkerStatus
from dagster._serdes import ConfigurableClass
from dagster._serdes.config_class import ConfigurableClassData

from orchestration.launcher.aftermath import GONE
from orchestration.lib import wire
from orchestration.lib.worker import WORKER_TAG, is_alive, process_of

# As long as the server may take to load itself anew.
ANSWER_SECONDS: Final = 60.0
# A server that has just died is back after some seconds; a run that finds none waits in the queue.
ATTEMPTS: Final = 5
PAUSE_SECONDS: Final = 0.3
QUICKLY: Final = 3.0


class WarmRunLauncher(RunLauncher[Any], ConfigurableClass):
    """Has runs forked; `socket` is where the run server listens."""

    def __init__(self, socket: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._socket = socket
        self._inst_data = inst_data
        super().__init__()

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """What `dagster.yaml` says of it."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """What `dagster.yaml` may say of it."""
        return {"socket": Field(StringSource, description="The Unix socket of the run server.")}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        """Made by Dagster."""
        return cls(**config_value, inst_data=inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Have the run forked.

        Raises:
            DagsterUserCodeUnreachableError: there is no run server; Dagster puts the run back into the queue.
        """
        run = context.dagster_run
        answer = self._ask_server({"kind": "run", "run_id": run.run_id, "job": run.job_name})
        self._instance.add_run_tags(run.run_id, {WORKER_TAG: answer["worker"]})

    def _ask_server(self, request: Mapping[str, Any]) -> dict[str, Any]:
        for attempt in range(ATTEMPTS):
            try:
                return wire.ask(self._socket, request, ANSWER_SECONDS)
            except wire.Gone as error:
                if attempt + 1 == ATTEMPTS:
                    message = f"The run server does not answer ({error}); its log says why."
                    raise DagsterUserCodeUnreachableError(message) from error
            time.sleep(PAUSE_SECONDS)
        raise AssertionError

    def terminate(self, run_id: str) -> bool:
        """Interrupt the run, which then ends dbt and says that it was cancelled."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        process = process_of(run.tags.get(WORKER_TAG, "::"))
        if process is not None:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGINT)
                return True
        with suppress(wire.Gone):
            return bool(wire.ask(self._socket, {"kind": "stop", "run_id": run_id}, QUICKLY)["stopped"])
        return False

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Have the daemon ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the process that runs this run is still there."""
        worker = run.tags.get(WORKER_TAG)
        alive = True if worker is None else is_alive(worker)
        if alive is None and worker is not None:
            alive = self._server_knows(run.run_id, worker)
        if alive:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, GONE)

    def _server_knows(self, run_id: str, worker: str) -> bool:
        request = {"kind": "health", "run_id": run_id, "worker": worker}
        try:
            return bool(wire.ask(self._socket, request, QUICKLY)["alive"])
        except wire.Gone:
            return True  # nobody can tell now; the next look will
