"""The nightly job with a real database and a real Dagster instance."""

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from dagster import DagsterInstance, DefaultScheduleStatus, Definitions, build_schedule_context
from dagster._core.test_utils import instance_for_test

from core.artifacts.models import Drop, DropState
from core.audit.models import AuditLog
from core.auth import people
from core.auth.actor import local_admin
from core.auth.models import LoginSession
from core.auth.passwords import PasswordRules
from core.auth.people import NewPerson
from core.environments import service as environments
from core.kit import clock
from core.runs.ports import WORKSPACE_TAG
from core.runs.service import job_name, plain_job_name
from core.workspaces.models import Workspace
from orchestration.defs import compose
from orchestration.defs.ingest.definitions import INGEST_JOB
from orchestration.defs.lineage.definitions import LINEAGE_JOB
from orchestration.defs.retention import definitions
from orchestration.defs.retention.definitions import RETENTION_JOB
from orchestration.lib.services import Services

LONG_AGO = timedelta(days=400)


@pytest.fixture
def instance(shared: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    monkeypatch.setattr(definitions, "services", lambda: shared)
    monkeypatch.setattr(compose, "services", lambda: shared)
    with instance_for_test() as found:
        yield found


def loaded(monkeypatch: pytest.MonkeyPatch, run_job: str | None) -> Definitions:
    monkeypatch.delenv(compose.RUN_JOB_VARIABLE, raising=False)
    if run_job is not None:
        monkeypatch.setenv(compose.RUN_JOB_VARIABLE, run_job)
    return compose.load()


def names(found: Definitions) -> set[str]:
    return {job.name for job in found.get_repository_def().get_all_jobs()} - {"__ASSET_JOB"}


def add_old_and_new(shared: Services) -> None:
    with shared.db.session() as session:
        now = clock.now()
        for age in (timedelta(0), timedelta(days=29), timedelta(days=364), LONG_AGO, LONG_AGO):
            session.add(AuditLog(actor="me", tag="x", data={}, at=now - age))
        person = NewPerson("ann", password="seven purple trains")
        user, _ = people.add(session, local_admin(), PasswordRules.of(shared.settings), person)
        session.flush()
        for number, ended in enumerate((None, now - LONG_AGO)):
            session.add(
                LoginSession(
                    id=f"00000000-0000-0000-0000-00000000000{number}",
                    user_id=user.id,
                    page_token_hash=str(number) * 64,
                    created_at=now - LONG_AGO,
                    last_seen_at=now - LONG_AGO,
                    expires_at=now + timedelta(days=1),
                    ended_at=ended,
                )
            )


def brought(shared: Services, workspace: Workspace, name: str, age: timedelta) -> str:
    """A file in the store, and the drop that brought it so long ago; the digest of the file."""
    path = shared.settings.data_dir / name
    path.write_text(name)
    digest = shared.store.put(path).digest
    with shared.db.session() as session:
        environment = environments.pick(session, workspace.id, None)
        session.add(
            Drop(
                workspace_id=workspace.id,
                environment_id=environment.id,
                source="upload",
                label=name,
                digest=digest,
                files=[{"name": "manifest.json", "digest": digest, "size": len(name)}],
                state=DropState.INGESTED,
                finished_at=clock.now() - age,
            )
        )
    long_ago = (clock.now() - LONG_AGO).timestamp()
    os.utime(shared.store.path(digest), (long_ago, long_ago))
    return digest


def test_files_go_that_nothing_refers_to_and_the_catalogs_own_stay(
    shared: Services, workspace: Workspace, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = workspace.manifest_digest or ""
    os.utime(shared.store.path(own), (1, 1))
    old = brought(shared, workspace, "old", LONG_AGO)
    new = brought(shared, workspace, "new", timedelta(days=2))
    again = brought(shared, workspace, "again", LONG_AGO)
    # Somebody is just bringing it anew; no row says so yet.
    shared.store.put(shared.settings.data_dir / "again")
    job = loaded(monkeypatch, RETENTION_JOB).resolve_job_def(RETENTION_JOB)
    assert job.execute_in_process(instance=instance).success
    assert [shared.store.path(digest).exists() for digest in (own, old, new, again)] == [
        True,
        False,
        True,
        True,
    ]
    with shared.db.session() as session:
        assert len(list(session.scalars(sa.select(Drop)))) == 3


def count(shared: Services, what: type[AuditLog | LoginSession]) -> int:
    with shared.db.session() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(what)) or 0


def test_what_is_old_is_forgotten_and_the_rest_stays(
    shared: Services, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_old_and_new(shared)
    before = count(shared, AuditLog)
    job = loaded(monkeypatch, RETENTION_JOB).resolve_job_def(RETENTION_JOB)
    assert job.execute_in_process(instance=instance).success
    # Two went, and one came: that they went is noted.
    assert count(shared, AuditLog) == before - 2 + 1
    assert count(shared, LoginSession) == 1
    assert job.execute_in_process(instance=instance).success
    assert count(shared, AuditLog) == before - 1
    (run, *_) = instance.get_runs()
    assert WORKSPACE_TAG not in run.tags


def test_a_run_process_loads_nothing_but_what_runs(
    shared: Services, workspace: Workspace, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert names(loaded(monkeypatch, RETENTION_JOB)) == {RETENTION_JOB}
    assert job_name(workspace.key) in names(loaded(monkeypatch, job_name(workspace.key)))
    assert names(loaded(monkeypatch, None)) == {
        RETENTION_JOB,
        INGEST_JOB,
        LINEAGE_JOB,
        job_name(workspace.key),
        plain_job_name(workspace.key),
    }


def test_it_runs_every_night_without_being_turned_on(
    shared: Services, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = loaded(monkeypatch, None).get_repository_def().get_schedule_def(RETENTION_JOB)
    assert schedule.default_status == DefaultScheduleStatus.RUNNING
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("17 3 * * *", "UTC")
    context = build_schedule_context(instance=instance, scheduled_execution_time=clock.now())
    assert schedule.evaluate_tick(context).run_requests


def test_a_database_that_is_away_fails_the_run(
    shared: Services, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise sa.exc.OperationalError("delete", {}, Exception("gone"))

    monkeypatch.setattr("core.audit.retention.forget", broken)
    job = loaded(monkeypatch, RETENTION_JOB).resolve_job_def(RETENTION_JOB)
    assert not job.execute_in_process(instance=instance, raise_on_error=False).success
