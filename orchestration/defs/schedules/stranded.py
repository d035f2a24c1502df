"""Runs that a trigger made and nobody queued: the daemon ended in between, and did not take them up again."""

from datetime import datetime, timedelta
from typing import Final

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from core.runs.ports import TRIGGER_TAG

# A tick that failed is tried again for so long; whoever comes back to it queues the run that it made.
GIVE_UP_AFTER: Final = timedelta(hours=2)
AT_ONCE: Final = 100
SAID: Final = "The run was made and never queued: the daemon ended in between, and did not come back to it."


def end_stranded(instance: DagsterInstance, now: datetime) -> int:
    """End runs of triggers that wait for nobody as failed; they would hold up their job for ever.

    Returns how many.
    """
    made = RunsFilter(statuses=[DagsterRunStatus.NOT_STARTED], created_before=now - GIVE_UP_AFTER)
    stranded = [run for run in instance.get_runs(made, limit=AT_ONCE) if TRIGGER_TAG in run.tags]
    for run in stranded:
        instance.report_run_failed(run, SAID)
    return len(stranded)
