"""Lineage follows the catalog, with a real database and a real Dagster, whatever dies on the way."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from dagster import DagsterInstance, DagsterRunStatus, DefaultSensorStatus, RunRequest, build_sensor_context
from dagster._core.storage.tags import RUN_KEY_TAG

from core.catalog.snapshots.models import Snapshot
from core.lineage.models import LineageState, NodeLineageVersion
from core.lineage.tracing import states
from core.lineage.tracing.service import trace_environment
from core.runs.ports import WORKSPACE_TAG
from orchestration.defs import compose
from orchestration.defs.lineage import definitions
from orchestration.defs.lineage.definitions import LINEAGE_JOB
from orchestration.lib import lineage
from orchestration.lib.lineage import TracingFailed, trace, trace_on_the_way
from tests.artifacts.conftest import Yard
from tests.conftest import REPOSITORY
from tests.core.building import Raw, Shop, compiled, model, open_shop

SLOW = f"select {' + '.join(['1'] * 30_000)} as slow"


def project(number: int, code: str = "select 1 as one") -> list[Raw]:
    return [compiled(model(f"m{place}", raw_code=f"{code} {place}"), code) for place in range(number)]


@pytest.fixture
def shop(yard: Yard) -> Shop:
    return open_shop(yard.services.db, yard.services.settings.data_dir, key="lineage")


@pytest.fixture
def instance(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    monkeypatch.setattr(definitions, "services", lambda: yard.services)
    monkeypatch.setattr(compose, "services", lambda: yard.services)
    monkeypatch.setattr(definitions, "SETTLED", timedelta(0))
    with DagsterInstance.ephemeral() as found:
        yield found


def evaluate(instance: DagsterInstance) -> list[RunRequest]:
    sensor = compose.load().get_repository_def().get_sensor_def(LINEAGE_JOB)
    return list(sensor.evaluate_tick(build_sensor_context(instance=instance)).run_requests or [])


def tags_of(request: RunRequest) -> dict[str, str]:
    return {**request.tags, RUN_KEY_TAG: str(request.run_key)}


def run(instance: DagsterInstance, request: RunRequest) -> bool:
    """As the process of a run loads it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(compose.RUN_JOB_VARIABLE, LINEAGE_JOB)
        job = compose.load().resolve_job_def(LINEAGE_JOB)
    done = job.execute_in_process(
        instance=instance, run_config=request.run_config, tags=tags_of(request), raise_on_error=False
    )
    return done.success


def state(shop: Shop) -> LineageState | None:
    with shop.db.session() as session:
        return session.get(LineageState, shop.environment_id)


def traced(shop: Shop) -> int:
    query = sa.select(sa.func.count()).where(NodeLineageVersion.environment_id == shop.environment_id)
    with shop.db.session() as session:
        return session.scalar(query) or 0


def test_a_catalog_that_moved_on_becomes_one_run(shop: Shop, instance: DagsterInstance) -> None:
    shop.know(*project(3))
    (request,) = evaluate(instance)
    assert run(instance, request)
    assert traced(shop) == 3
    assert evaluate(instance) == []
    (ran,) = instance.get_runs()
    assert WORKSPACE_TAG not in ran.tags
    shop.know(*project(4))
    (other,) = evaluate(instance)
    assert other.run_key != request.run_key


def test_a_catalog_that_has_just_changed_is_left_to_who_changed_it(
    shop: Shop, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(definitions, "SETTLED", timedelta(minutes=1))
    shop.know(*project(1))
    assert evaluate(instance) == []
    with shop.db.session() as session:
        long_ago = sa.func.now() - sa.text("interval '10 minutes'")
        session.execute(sa.update(Snapshot).values(ingested_at=long_ago))
    assert len(evaluate(instance)) == 1


def test_it_runs_without_being_turned_on_and_after_runs_of_dbt(shop: Shop, instance: DagsterInstance) -> None:
    found = compose.load().get_repository_def()
    assert found.get_sensor_def(LINEAGE_JOB).default_status == DefaultSensorStatus.RUNNING
    assert int(found.get_job(LINEAGE_JOB).tags["dagster/priority"]) < 0


def test_a_run_that_is_on_its_way_is_not_asked_for_again(shop: Shop, instance: DagsterInstance) -> None:
    shop.know(*project(1))
    (request,) = evaluate(instance)
    instance.create_run_for_job(
        definitions.column_lineage,
        run_config=request.run_config,
        tags=tags_of(request),
        status=DagsterRunStatus.STARTED,
    )
    assert evaluate(instance) == []
    assert state(shop) is None


def test_a_run_that_died_before_it_began_is_replaced_three_times_at_most(
    shop: Shop, instance: DagsterInstance
) -> None:
    shop.know(*project(1))
    keys: set[str | None] = set()
    for _ in range(3):
        (request,) = evaluate(instance)
        keys.add(request.run_key)
        instance.create_run_for_job(
            definitions.column_lineage,
            run_config=request.run_config,
            tags=tags_of(request),
            status=DagsterRunStatus.FAILURE,
        )
        assert evaluate(instance) == []
    assert len(keys) == 3
    assert evaluate(instance) == []
    given_up = state(shop)
    assert given_up is not None
    assert (given_up.state, given_up.attempts) == ("failed", 3)
    with shop.db.session() as session:
        states.ask_again(session, shop.environment_id)
    (request,) = evaluate(instance)
    assert run(instance, request)
    assert traced(shop) == 1


def test_somebody_who_is_at_it_is_left_alone(shop: Shop, instance: DagsterInstance, yard: Yard) -> None:
    shop.know(*project(1))
    with states.exclusively(shop.db, shop.environment_id):
        assert trace(yard.services, shop.environment_id, "run") is None
        with shop.db.session() as session:
            states.begin(session, shop.environment_id, 1, 1, "other")
            long_ago = sa.func.now() - sa.text("interval '10 minutes'")
            session.execute(sa.update(LineageState).values(progressed_at=long_ago))
        assert evaluate(instance) == []
    assert len(evaluate(instance)) == 1


def test_runs_that_ended_while_another_process_was_at_it_were_no_attempts(
    shop: Shop, instance: DagsterInstance
) -> None:
    shop.know(*project(1))
    (request,) = evaluate(instance)
    instance.create_run_for_job(
        definitions.column_lineage,
        run_config=request.run_config,
        tags=tags_of(request),
        status=DagsterRunStatus.SUCCESS,
    )
    with states.exclusively(shop.db, shop.environment_id):
        assert evaluate(instance) == []
        assert state(shop) is None


def test_the_process_says_what_it_did_and_why_it_could_not(
    shop: Shop, yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.know(*project(2))
    assert trace(yard.services, shop.environment_id, "run") == {
        "snapshot_id": 1,
        "nodes": 2,
        "computed": 2,
    }
    monkeypatch.setattr(lineage.sys, "executable", "/bin/false")
    with pytest.raises(TracingFailed):
        trace(yard.services, shop.environment_id, "run")


def test_little_is_done_on_the_way_and_much_is_left(
    shop: Shop, yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "MOST_ON_THE_WAY", 2)
    shop.know(*project(3))
    trace_on_the_way(yard.services, shop.environment_id, "run")
    assert traced(shop) == 0
    trace(yard.services, shop.environment_id, "run")
    shop.know(*project(4))
    trace_on_the_way(yard.services, shop.environment_id, "run")
    assert traced(shop) == 4
    monkeypatch.setattr(lineage.service, "trace_environment", lambda *_, **__: 1 / 0)
    shop.know(*project(5))
    trace_on_the_way(yard.services, shop.environment_id, "run")
    assert traced(shop) == 4


def begin_process(shop: Shop, yard: Yard) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DATABASE_URL": str(yard.services.settings.database_url)}
    command = [sys.executable, "-m", "core.lineage.tracing", str(shop.environment_id)]
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, start_new_session=True)


def wait_until_running(shop: Shop) -> None:
    until = time.monotonic() + 60
    while (found := state(shop)) is None or found.state != "running":
        assert time.monotonic() < until
        time.sleep(0.05)


def test_kill_9_in_the_middle_loses_nothing(shop: Shop, yard: Yard, instance: DagsterInstance) -> None:
    shop.know(*project(1))
    trace_environment(shop.db, shop.environment_id)
    shop.know(*project(40, SLOW))
    process = begin_process(shop, yard)
    wait_until_running(shop)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert traced(shop) == 1
    (request,) = evaluate(instance)
    assert run(instance, request)
    done = state(shop)
    assert done is not None
    assert (done.state, done.attempts) == ("done", 0)
    assert traced(shop) == 41


def test_what_was_cut_short_three_times_is_given_up_and_says_so(
    shop: Shop, instance: DagsterInstance
) -> None:
    shop.know(*project(1))
    with shop.db.session() as session:
        for _ in range(3):
            states.begin(session, shop.environment_id, 1, 1, "killed")
    with states.exclusively(shop.db, shop.environment_id):
        assert evaluate(instance) == []
        busy = state(shop)
        assert busy is not None
        assert busy.state == "running"
    assert evaluate(instance) == []
    given_up = state(shop)
    assert given_up is not None
    assert given_up.state == "failed"
    assert "cut short three times" in str(given_up.error)


def test_cancelling_ends_the_process(shop: Shop, yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.know(*project(40, SLOW))
    begun: list[Any] = []

    class Watched(subprocess.Popen[str]):
        def communicate(self, *_arguments: Any, **_more: Any) -> Any:
            begun.append(self)
            raise KeyboardInterrupt

    monkeypatch.setattr(lineage.subprocess, "Popen", Watched)
    with pytest.raises(KeyboardInterrupt):
        trace(yard.services, shop.environment_id, "run")
    assert begun[0].returncode == -signal.SIGKILL
