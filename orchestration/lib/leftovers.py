"""What a run whose process was killed left behind: files of its last step, and rows that say that it runs."""

import shlex
import shutil
import time
from typing import Final

import psutil
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.artifacts import service as artifacts
from core.artifacts.arrival import Arrival
from core.environments import service as environments
from core.environments.models import Environment
from core.runs import recording
from core.runs.commands import COMMANDS
from core.runs.dbt_process import load_values, private_folder
from core.runs.log import run_folder
from core.runs.masking import Masker
from core.runs.models import RunStep
from core.runs.recording import StepContext
from orchestration.lib.services import Services

DBT_SECONDS: Final = 12.0
ENDED: Final = "The run's process ended before dbt did."


def keep_leftovers(shared: Services, run_id: str, environment_key: str | None) -> int:
    """Keep the files of steps that nobody concluded, and say of those steps that their end is unknown.

    Returns how many such steps there were.
    """
    with shared.db.session() as session:
        steps = list(session.scalars(sa.select(RunStep).where(_unfinished(run_id))))
    if steps:
        _wait_for_dbt(run_id)
    for step in steps:
        with shared.db.session() as session:
            context = _context(session, step, environment_key)
            environment = session.get_one(Environment, context.environment_id)
            secrets = load_values(session, shared.settings, environment).secrets
        _keep_files(shared, context, Masker(secrets.values()))
        with shared.db.session() as session:
            recording.end_step(session, context, status="unknown", exit_code=None, message=ENDED)
    return len(steps)


def _unfinished(run_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(RunStep.run_id == run_id, RunStep.status == "running")


def _context(session: Session, step: RunStep, environment_key: str | None) -> StepContext:
    environment = environments.pick(session, step.workspace_id, environment_key)
    return StepContext(step.workspace_id, environment.id, step.run_id, step.step, command_of(step.command))


def command_of(display: str) -> str:
    """The dbt command of a line as `dbt docs generate --select x`."""
    words = shlex.split(display)[1:3]
    both = " ".join(words)
    return both if both in COMMANDS else words[0]


def _keep_files(shared: Services, context: StepContext, masker: Masker) -> None:
    folder = run_folder(shared.settings.data_dir, context.run_id) / "steps" / str(context.step) / "target"
    shutil.rmtree(private_folder(folder), ignore_errors=True)
    masker.clean_folder(folder)
    arrival = Arrival(
        context.workspace_id, context.environment_id, "run", context.run_id, context.step, context.command
    )
    artifacts.collect(shared.db, shared.store, arrival, folder)


def _wait_for_dbt(run_id: str) -> None:
    """It is interrupted with its worker, and writes its results then; one that does not end is killed."""
    name = f"dbt {run_id[:8]}"
    until = time.monotonic() + DBT_SECONDS
    while found := [process for process in psutil.process_iter(["name"]) if process.info["name"] == name]:
        if time.monotonic() > until:
            for process in found:
                process.kill()
        time.sleep(0.2)
