"""Column lineage from inside a run: in a process of its own, which ends when the run is cancelled."""

import logging
import os
import subprocess
import sys
from typing import Any, Final

import msgspec

from core.lineage.tracing import service
from orchestration.lib.services import Services

# More nodes than that would hold up the end of somebody's run: a run of its own sees to them.
MOST_ON_THE_WAY: Final = 200
_OTHERS: Final = 3
_SAID: Final = 2000
log = logging.getLogger("workbench.lineage")


class TracingFailed(Exception):
    """The process that computes lineage ended badly; the text is the end of what it said."""


def trace(shared: Services, environment_id: int, run_id: str) -> dict[str, Any] | None:
    """Bring the lineage of an environment up to its catalog; what was done, None where others are at it.

    Raises:
        TracingFailed: with the reason.
    """
    command = [sys.executable, "-m", "core.lineage.tracing", str(environment_id), "--run", run_id]
    environment = {**os.environ, "DATABASE_URL": str(shared.settings.database_url)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            out, errors = process.communicate()
        except BaseException:
            process.kill()
            raise
    if process.returncode == _OTHERS:
        return None
    if process.returncode != 0:
        raise TracingFailed(errors[-_SAID:].strip() or f"it ended with code {process.returncode}")
    return msgspec.json.decode(out)


def trace_on_the_way(shared: Services, environment_id: int, run_id: str) -> None:
    """At the end of a run that brought artifacts: what is little is done at once, the rest by its own run.

    Lineage never makes another run fail; its own state says what went wrong.
    """
    try:
        if service.pending(shared.db, environment_id) <= MOST_ON_THE_WAY:
            service.trace_environment(shared.db, environment_id, run_id=run_id)
    except Exception:
        log.exception("The column lineage of environment %d could not be computed.", environment_id)
