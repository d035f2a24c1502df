"""What the search for events needs: workspaces with rules, their jobs, and how far each search has come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from dagster import DagsterInstance
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from core.environments.models import Environment
from core.kit import clock
from core.kit.database import Database
from core.notifications.facts import JobFacts, Links
from core.notifications.models import Position
from core.notifications.telling import Happening, Rules, tell
from core.runs.ports import JOB_TAG, EngineRun
from core.runs.retry_policy import RETRY_OF_TAG
from core.schedules.models import Job
from core.workspaces.models import Workspace
from orchestration.defs.notifications.instance_runs import by_id

MOST_ATTEMPTS: Final = 20
# With these something would be lost if it was passed over: the whole look is done again.
AWAY: Final = (OperationalError, InterfaceError)


@dataclass(frozen=True)
class Around:
    """Everything that a look needs, read once."""

    db: Database
    instance: DagsterInstance
    rules: Rules
    base_url: str
    now: datetime
    workspaces: Mapping[str, Workspace]
    jobs: Mapping[tuple[int, str], Job]
    environments: Mapping[int, Sequence[Environment]]
    problems: list[str] = field(default_factory=list[str])

    def links(self, workspace: Workspace) -> Links:
        """Addresses of a workspace's pages."""
        return Links(self.base_url, workspace.key)

    def job_of(self, workspace: Workspace, run: EngineRun) -> JobFacts | None:
        """The job that a run is of; an attempt of a run is of that run's job."""
        key = run.tags.get(JOB_TAG) or self._job_key_of_first(run)
        return None if key is None else self.job(workspace, key)

    def job(self, workspace: Workspace, key: str) -> JobFacts:
        """A job of a workspace; of one that is not known, its key is all that is."""
        job = self.jobs.get((workspace.id, key))
        return JobFacts(key, key) if job is None else JobFacts(key, job.name, job.owner, tuple(job.tags))

    def _job_key_of_first(self, run: EngineRun) -> str | None:
        """The first attempt knows the job, whoever asked for the others."""
        for _ in range(MOST_ATTEMPTS):
            before = run.tags.get(RETRY_OF_TAG)
            found = by_id(self.instance, before) if before else None
            if found is None:
                return None
            if key := found.tags.get(JOB_TAG):
                return key
            run = found
        return None

    def tell(self, happening: Happening) -> int:
        """Note an event in a transaction of its own: one that cannot be noted costs only itself.

        Returns the number of new deliveries.
        """
        with self.db.session() as session:
            return tell(session, self.rules, happening)

    def carefully(self, what: str, look: Callable[[], int]) -> int:
        """Look at one thing; what is wrong with it is noted, and the others are looked at all the same."""
        try:
            return look()
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one run, job or workspace
            self.problems.append(f"{what}: {type(error).__name__}: {error}")
            return 0


def look_around(db: Database, instance: DagsterInstance, rules: Rules, base_url: str) -> Around:
    """Read what is needed of the workspaces that have rules."""
    ids = list(rules.by_workspace)
    with db.session() as session:
        workspaces = session.scalars(sa.select(Workspace).where(Workspace.id.in_(ids)))
        jobs = session.scalars(sa.select(Job).where(Job.workspace_id.in_(ids)))
        environments: dict[int, list[Environment]] = {number: [] for number in ids}
        for one in session.scalars(sa.select(Environment).where(Environment.workspace_id.in_(ids))):
            environments[one.workspace_id].append(one)
        return Around(
            db,
            instance,
            rules,
            base_url,
            clock.now(),
            {workspace.key: workspace for workspace in workspaces},
            {(job.workspace_id, job.key): job for job in jobs},
            environments,
        )


def position_of(db: Database, source: str) -> dict[str, Any] | None:
    """How far the search of a source has come; None before the first."""
    with db.session() as session:
        row = session.get(Position, source)
        return None if row is None else dict(row.position)


def move(session: Session, source: str, position: Mapping[str, Any]) -> None:
    """Note how far it has come."""
    values = {"position": dict(position), "updated_at": clock.now()}
    statement = insert(Position).values(source=source, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["source"], set_=values))
