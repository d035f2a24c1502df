"""Finding what became of runs: those that Dagster changed since the last look."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from dagster import DagsterRunStatus, RunRecord, RunsFilter
from sqlalchemy.orm import Session

from core.notifications.facts import facts_of
from core.notifications.models import EventKind
from core.notifications.run_facts import (
    facts_of_sources,
    facts_of_tests,
    failure_facts,
    newly_failing,
    run_facts,
    staler,
    was_final,
    will_retry,
)
from core.notifications.telling import Happening
from core.runs.ports import COMMAND_TAG, ENVIRONMENT_TAG, JOB_TAG, WORKSPACE_TAG, EngineRun, RunStatus
from core.runs.retry_policy import GIVEN_UP_TAG, RETRY_OF_TAG, STATE_TAG
from core.workspaces.models import Workspace
from orchestration.defs.notifications.instance_runs import (
    BEGUN,
    by_id,
    ended_before,
    engine_run,
    failure_message,
)
from orchestration.defs.notifications.looking import AWAY, Around, move, position_of

SOURCE: Final = "runs"
PAGE: Final = 200
# A change may become visible only after another that is younger.
OVERLAP: Final = timedelta(seconds=60)
MOST_SECONDS: Final = 10.0
_ENDED: Final = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)


def look_at_runs(around: Around) -> int:
    """Note the events of runs that changed. Returns how many deliveries are new."""
    position = position_of(around.db, SOURCE)
    if position is None or not around.rules.by_workspace:
        _move(around, around.now, {})
        return 0
    seen: dict[str, str] = position["seen"]
    after, count, until = datetime.fromisoformat(position["after"]), 0, time.monotonic() + MOST_SECONDS
    begin = after - OVERLAP
    while True:
        records = _changed(around, begin)
        for record in records:
            count += _look(around, record, seen)
            after = max(after, record.update_timestamp)
        if len(records) < PAGE or time.monotonic() > until:
            break
        begin = records[-1].update_timestamp
    _move(around, after, seen)
    return count


def _changed(around: Around, begin: datetime) -> list[RunRecord]:
    changed = RunsFilter(statuses=list(BEGUN), updated_after=begin)
    return list(
        around.instance.get_run_records(changed, limit=PAGE, order_by="update_timestamp", ascending=True)
    )


def _move(around: Around, after: datetime, seen: Mapping[str, str]) -> None:
    """What was seen is remembered for as long as it is looked at again."""
    oldest = (after - OVERLAP).isoformat()
    kept = {mark: at for mark, at in seen.items() if at >= oldest}
    with around.db.session() as session:
        move(session, SOURCE, {"after": after.isoformat(), "seen": kept})


def _look(around: Around, record: RunRecord, seen: dict[str, str]) -> int:
    run = record.dagster_run
    words = (run.run_id, run.status.value, run.tags.get(STATE_TAG, ""), str(GIVEN_UP_TAG in run.tags))
    mark = ":".join(words)
    if mark in seen:
        return 0
    workspace = around.workspaces.get(run.tags.get(WORKSPACE_TAG, ""))
    count = 0
    if workspace is not None and workspace.id in around.rules.by_workspace:
        count = around.carefully(f"run {run.run_id}", lambda: _tell_all(around, workspace, record))
    seen[mark] = record.update_timestamp.isoformat()
    return count


def _tell_all(around: Around, workspace: Workspace, record: RunRecord) -> int:
    finder = OfRun(around, workspace, record)
    return sum(around.tell(happening) for happening in finder.happenings())


class OfRun:
    """What is to be told of one run."""

    def __init__(self, around: Around, workspace: Workspace, record: RunRecord) -> None:
        self._around = around
        self._workspace = workspace
        self._record = record
        self._run: EngineRun = engine_run(record)
        self._job = around.job_of(workspace, self._run)
        self._links = around.links(workspace)
        self._kinds = around.rules.kinds_of(workspace.id)

    def happenings(self) -> Iterator[Happening]:
        """Everything that some rule of the workspace could want."""
        run = self._run
        if run.started_at is not None:
            yield self._happening(EventKind.RUN_STARTED, run.started_at)
        if run.status is RunStatus.SUCCESS:
            yield self._happening(EventKind.RUN_SUCCEEDED, self._ended_at)
            if EventKind.RUN_RECOVERED in self._kinds and self._has_recovered():
                yield self._happening(EventKind.RUN_RECOVERED, self._ended_at)
        elif run.status is RunStatus.FAILED:
            yield self._failure()
        elif run.status is RunStatus.CANCELLED:
            yield self._happening(EventKind.RUN_CANCELLED, self._ended_at)
        if self._record.dagster_run.status in _ENDED:
            yield from self._results()

    @property
    def _ended_at(self) -> datetime:
        return self._run.ended_at or self._record.update_timestamp

    def _happening(
        self,
        kind: EventKind,
        at: datetime,
        more: Callable[[Session], Mapping[str, Any]] | None = None,
        *,
        again: bool = False,
        part: str = "",
    ) -> Happening:
        run = self._run
        return Happening(
            workspace_id=self._workspace.id,
            key=f"{kind}:{run.run_id}{part}",
            kind=kind,
            at=at,
            facts=lambda: self._facts(kind, at, more),
            environment=run.tags.get(ENVIRONMENT_TAG),
            job=self._job,
            run_id=run.run_id,
            again=again,
        )

    def _failure(self) -> Happening:
        """Of one that is tried again by itself, only those who want every attempt are told."""
        run = self._run
        if GIVEN_UP_TAG in run.tags:
            at = self._record.update_timestamp
            return self._happening(EventKind.RUN_FAILED, at, self._why_failed, part=":given_up")
        again = will_retry(run) or not was_final(run)
        part = ":attempt" if again else ""
        return self._happening(EventKind.RUN_FAILED, self._ended_at, self._why_failed, again=again, part=part)

    def _why_failed(self, session: Session) -> Mapping[str, Any]:
        said = failure_message(self._around.instance, self._run.run_id)
        return failure_facts(session, self._workspace, self._run, self._links, said)

    def _facts(
        self, kind: EventKind, at: datetime, more: Callable[[Session], Mapping[str, Any]] | None
    ) -> dict[str, Any]:
        return facts_of(
            kind,
            at,
            self._links,
            workspace_name=self._workspace.name,
            environment=self._run.tags.get(ENVIRONMENT_TAG),
            job=self._job,
            **{
                "url": self._links.to("runs", self._run.run_id),
                "run": run_facts(self._run, self._links),
                **(self._more(more) if more else {}),
            },
        )

    def _more(self, more: Callable[[Session], Mapping[str, Any]]) -> Mapping[str, Any]:
        """A run of which nothing more can be found out is told all the same."""
        try:
            with self._around.db.session() as session:
                return more(session)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - a broken workspace, a catalog of another time
            self._around.problems.append(f"run {self._run.run_id}: {type(error).__name__}: {error}")
            return {"message": f"Why is not known here: it cannot be read ({type(error).__name__})."}

    def _results(self) -> Iterator[Happening]:
        run, at = self._run, self._ended_at
        if EventKind.TEST_NEWLY_FAILING in self._kinds:
            with self._around.db.session() as session:
                tests = newly_failing(session, self._workspace.id, run.run_id)
            if tests:
                facts = facts_of_tests(tests, self._links, run.run_id)
                yield self._happening(EventKind.TEST_NEWLY_FAILING, at, lambda _: facts)
        if EventKind.FRESHNESS in self._kinds:
            places = [one.id for one in self._around.environments.get(self._workspace.id, ())]
            with self._around.db.session() as session:
                sources = staler(session, places, run.run_id)
            if sources:
                found = facts_of_sources(sources, self._links)
                yield self._happening(EventKind.FRESHNESS, at, lambda _: found)

    def _has_recovered(self) -> bool:
        """Whether what it did failed for good the last time before: the job, or the same command there."""
        parent = self._run.tags.get(RETRY_OF_TAG)
        before = by_id(self._around.instance, parent) if parent else None
        if before is not None and before.status is RunStatus.FAILED and was_final(before):
            return True
        for other in ended_before(self._around.instance, self._run.run_id, self._same()):
            if other.status is RunStatus.SUCCESS:
                return False
            if was_final(other):
                return True
        return False

    def _same(self) -> dict[str, str]:
        """The tags of runs that do the same."""
        place = {WORKSPACE_TAG: self._workspace.key}
        if self._job is not None:
            return {**place, JOB_TAG: self._job.key}
        tags = self._run.tags
        return {**place, **{name: tags[name] for name in (COMMAND_TAG, ENVIRONMENT_TAG) if name in tags}}
