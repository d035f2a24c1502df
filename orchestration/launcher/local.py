"""Dagster's default launcher, with an answer to whether a run's worker still lives.

Dagster's own asks nobody, so a run whose worker was killed, or whose machine went down, would be
"running" for ever (docs/decisions/0004).
"""

from dagster import DagsterRun, DefaultRunLauncher
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus

from orchestration.lib.worker import WORKER_TAG, is_alive


class LocalRunLauncher(DefaultRunLauncher):
    """Starts runs in the code server; Dagster's run monitoring asks it about their workers."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Have the daemon ask."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the process that runs this run is still there."""
        worker = run.tags.get(WORKER_TAG)
        alive = None if worker is None else is_alive(worker)
        # A worker that has not named itself yet is the start timeout's business.
        if alive is None or alive:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(
            WorkerStatus.FAILED, "The run's process is gone: it was killed, or the machine stopped."
        )
