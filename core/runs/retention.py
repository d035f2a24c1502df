"""Removing what is kept of old runs: logs, what dbt wrote, results of nodes. The catalog's part stays."""

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.environments.models import Environment
from core.runs.models import RunNode, RunStep

DAY: Final = 86_400.0
NOTE: Final = "environment"
DAYS_NOTE: Final = "retention_days"


@dataclass(frozen=True)
class Ages:
    """For how many days folders are kept: of the environment of a run, or else of the instance."""

    default: int
    by_run: Mapping[str, int]

    def seconds(self, run_id: str) -> float:
        """After how long without a change the folder of this run goes."""
        return self.by_run.get(run_id, self.default) * DAY


def forget_folders(session: Session, data_dir: Path, *, days: int) -> int:
    """Remove folders of runs that nothing has written to for as long as they are kept. Returns how many."""
    folders = [path for path in (data_dir / "runs").glob("*") if path.is_dir()]
    ages = Ages(days, _own_days(session, folders))
    gone = [path for path in folders if _age(path) > ages.seconds(path.name)]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return len(gone)


def forget_results(session: Session, *, days: int) -> int:
    """Remove what old runs did to each node, and their steps. Returns how many rows.

    The latest result of each node is kept elsewhere, however old it is.
    """
    kept = sa.func.make_interval(0, 0, 0, sa.func.coalesce(Environment.retention_days, days))
    ended = sa.func.coalesce(RunNode.finished_at, RunNode.started_at)
    here = RunNode.environment_id == Environment.id
    nodes = sa.delete(RunNode).where(here, ended < sa.func.now() - kept)
    steps = sa.delete(RunStep).where(
        RunStep.started_at < sa.func.now() - sa.func.make_interval(0, 0, 0, days)
    )
    of_no_run = RunNode.run_id.not_in(sa.select(RunStep.run_id))
    untimed = sa.delete(RunNode).where(RunNode.finished_at.is_(None), RunNode.started_at.is_(None), of_no_run)
    statements = (nodes, steps, untimed)
    unseen = {"synchronize_session": False}
    return sum(session.execute(each, execution_options=unseen).rowcount for each in statements)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - of a deletion


def _own_days(session: Session, folders: Sequence[Path]) -> dict[str, int]:
    """Of runs whose job says how long, or else their environment."""
    own = sa.select(Environment.id, Environment.retention_days).where(Environment.retention_days.is_not(None))
    days = {str(environment_id): kept for environment_id, kept in session.execute(own) if kept is not None}
    found = {folder.name: environment_of(folder) for folder in folders} if days else {}
    of_environments = {
        run_id: days[environment] for run_id, environment in found.items() if environment in days
    }
    return of_environments | {folder.name: own for folder in folders if (own := days_of(folder)) is not None}


def note_environment(folder: Path, environment_id: int) -> None:
    """Write into the folder of a run which environment says how long it is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NOTE).write_text(str(environment_id))


def environment_of(folder: Path) -> str | None:
    """The id that was noted; None for runs from before there was one."""
    try:
        return (folder / NOTE).read_text().strip()
    except OSError:
        return None


def _age(folder: Path) -> float:
    """Since its log was last written, in seconds; a run that still writes has an age of none."""
    try:
        newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:
        return 0.0
    return time.time() - newest


def note_days(folder: Path, days: str | None) -> None:
    """Write into the folder of a run for how many days its job wants it kept; None says nothing."""
    if days is not None and days.isdecimal():
        (folder / DAYS_NOTE).write_text(days)


def days_of(folder: Path) -> int | None:
    """The days that were noted; None where the job says nothing."""
    try:
        return int((folder / DAYS_NOTE).read_text())
    except (OSError, ValueError):
        return None
