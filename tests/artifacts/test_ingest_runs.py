"""Sensor and job with a real database and a real Dagster: each drop is taken in once, whatever dies."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    JobDefinition,
    RunRequest,
    build_sensor_context,
)
from dagster._core.storage.tags import RUN_KEY_TAG

from core.artifacts import bundle, drops
from core.artifacts.models import Drop, DropState
from core.kit.database import Database, make_engine
from core.runs.ports import WORKSPACE_TAG
from orchestration.defs import compose
from orchestration.defs.ingest import definitions
from orchestration.defs.ingest.definitions import INGEST_JOB, INGEST_TAG, SENSOR
from orchestration.lib import ingest as lib
from tests.artifacts.conftest import Yard, shop_manifest
from tests.conftest import REPOSITORY
from tests.core.building import Raw, manifest, model


@pytest.fixture
def instance(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    monkeypatch.setattr(definitions, "services", lambda: yard.services)
    monkeypatch.setattr(compose, "services", lambda: yard.services)
    with DagsterInstance.ephemeral() as found:
        yield found


def evaluate(instance: DagsterInstance, cursor: str | None = None) -> list[RunRequest]:
    """One evaluation, as of a daemon that has just started."""
    sensor = compose.load().get_repository_def().get_sensor_def(SENSOR)
    ticked = sensor.evaluate_tick(build_sensor_context(instance=instance, cursor=cursor))
    return list(ticked.run_requests or [])


def the_job(monkeypatch: pytest.MonkeyPatch) -> JobDefinition:
    """As the process of a run loads it."""
    monkeypatch.setenv(compose.RUN_JOB_VARIABLE, INGEST_JOB)
    found = compose.load().resolve_job_def(INGEST_JOB)
    monkeypatch.delenv(compose.RUN_JOB_VARIABLE)
    return found


def tags_of(request: RunRequest) -> dict[str, str]:
    return {**request.tags, RUN_KEY_TAG: str(request.run_key)}


def run(instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch, request: RunRequest) -> bool:
    done = the_job(monkeypatch).execute_in_process(
        instance=instance, run_config=request.run_config, tags=tags_of(request), raise_on_error=False
    )
    return done.success


def begun(instance: DagsterInstance, request: RunRequest, status: DagsterRunStatus) -> str:
    """A run of this request that is somewhere on its way."""
    return instance.create_run_for_job(
        definitions.ingest, run_config=request.run_config, tags=tags_of(request), status=status
    ).run_id


def bring(yard: Yard, name: str, content: Raw | bytes) -> None:
    yard.put(f"{name}/manifest.json", content)
    yard.put(f"{name}/_SUCCESS", b"")


def test_a_drop_becomes_one_run_and_the_catalog_moves_on(
    yard: Yard, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(yard, "nightly", shop_manifest("orders"))
    (request,) = evaluate(instance)
    assert request.run_key == f"drop-{yard.drops()[0].id}-1"
    assert run(instance, monkeypatch, request)
    (drop,) = yard.drops()
    assert drop.state == DropState.INGESTED
    assert drop.snapshot_id is not None
    assert drop.run_id == instance.get_runs()[0].run_id
    assert yard.nodes() == {"orders"}
    assert evaluate(instance) == []
    (ran,) = instance.get_runs()
    assert WORKSPACE_TAG not in ran.tags
    assert ran.tags[INGEST_TAG] == str(drop.id)


def test_it_runs_without_being_turned_on_and_before_runs_of_dbt(
    yard: Yard, instance: DagsterInstance
) -> None:
    found = compose.load().get_repository_def()
    sensor = found.get_sensor_def(SENSOR)
    assert sensor.default_status == DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 10
    assert int(found.get_job(INGEST_JOB).tags["dagster/priority"]) > 0


def test_the_process_of_an_ingest_does_not_load_dbt(yard: Yard) -> None:
    program = "import sys, orchestration.definitions; print(sorted(m for m in sys.modules if 'dbt' in m))"
    environment = {
        **os.environ,
        compose.RUN_JOB_VARIABLE: INGEST_JOB,
        "DATABASE_URL": str(yard.settings.database_url),
        "WORKBENCH_DATA": str(yard.settings.data_dir),
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "dagster_dbt" not in done.stdout
    assert "'dbt'" not in done.stdout


def test_evaluations_before_the_run_is_there_ask_for_the_same_run(
    yard: Yard, instance: DagsterInstance
) -> None:
    """Dagster makes one run of a run key, also after a restart that lost the cursor."""
    bring(yard, "nightly", shop_manifest("orders"))
    keys = {request.run_key for _ in range(3) for request in evaluate(instance)}
    assert len(keys) == 1


@pytest.mark.parametrize("status", [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED])
def test_nothing_is_asked_for_while_a_run_is_on_its_way(
    yard: Yard, instance: DagsterInstance, status: DagsterRunStatus
) -> None:
    bring(yard, "nightly", shop_manifest("orders"))
    (request,) = evaluate(instance)
    begun(instance, request, status)
    assert evaluate(instance) == []


def test_two_runs_of_one_drop_take_it_in_once(
    yard: Yard, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(yard, "nightly", shop_manifest("orders"))
    (request,) = evaluate(instance)
    assert run(instance, monkeypatch, request)
    before = yard.catalog(), yard.drops()[0].run_id
    assert run(instance, monkeypatch, request)
    assert (yard.catalog(), yard.drops()[0].run_id) == before


def test_of_runs_at_the_same_moment_one_takes_it(yard: Yard) -> None:
    bring(yard, "nightly", shop_manifest("orders"))
    yard.look()
    (drop,) = yard.drops()
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(yard.ingest(drop))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result for result in results if result is not None] == [
        drops.Outcome(DropState.INGESTED, None, None, yard.drops()[0].snapshot_id)
    ]


def test_what_is_broken_inside_is_refused_and_nothing_changes(
    yard: Yard, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(yard, "good", shop_manifest("orders"))
    (request,) = evaluate(instance)
    run(instance, monkeypatch, request)
    before = yard.catalog()
    bring(yard, "bad", {**shop_manifest("x", at="2027-01-01T00:00:00Z"), "nodes": {"model.shop.x": 3}})
    (request,) = evaluate(instance)
    assert run(instance, monkeypatch, request)
    drop = yard.drops()[1]
    assert drop.state == DropState.REFUSED
    assert "manifest.json" in (drop.reason or "")
    assert yard.catalog() == before
    assert evaluate(instance) == []


def test_an_older_state_that_comes_later_is_superseded(
    yard: Yard, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, at in (("b", "2026-03-01T00:00:00Z"), ("a", "2026-01-01T00:00:00Z")):
        bring(yard, name, shop_manifest(name, at=at))
        (request,) = evaluate(instance)
        assert run(instance, monkeypatch, request)
    assert [drop.state for drop in yard.drops()] == [DropState.INGESTED, DropState.SUPERSEDED]
    assert yard.drops()[1].reason
    assert yard.nodes() == {"b"}


def test_a_run_that_dies_before_it_begins_is_replaced(yard: Yard, instance: DagsterInstance) -> None:
    bring(yard, "nightly", shop_manifest("orders"))
    (first,) = evaluate(instance)
    begun(instance, first, DagsterRunStatus.FAILURE)
    (second,) = evaluate(instance)
    assert second.run_key == str(first.run_key).removesuffix("1") + "2"


@pytest.mark.parametrize("is_known", [True, False])
def test_a_killed_ingest_is_replaced_three_times_at_most(
    yard: Yard, instance: DagsterInstance, *, is_known: bool
) -> None:
    bring(yard, "nightly", shop_manifest("orders"))
    for attempt in (1, 2, 3):
        (request,) = evaluate(instance)
        run_id = begun(instance, request, DagsterRunStatus.FAILURE) if is_known else "gone"
        with yard.db.session() as session:
            assert drops.claim(session, yard.drops()[0].id, attempt, run_id)
    assert evaluate(instance) == []
    (drop,) = yard.drops()
    assert drop.state == DropState.REFUSED
    assert "ended 3 times before it was done" in (drop.reason or "")
    assert evaluate(instance) == []


KILLED = """
import os, signal, sys
from core.catalog import notices
from orchestration.lib import ingest
from orchestration.lib.services import services
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
import core.artifacts.bundle as bundle
{where}
ingest.take_in(services(), int(sys.argv[1]), 1, sys.argv[2])
"""
IN_THE_CLAIM = "notices.publish = die"
BEFORE_THE_COMMIT = "apply = bundle.Applying.apply; bundle.Applying.apply = lambda it: (apply(it), die())"
AFTER_THE_COMMIT = "ingest.drops.finish = die"


@pytest.mark.parametrize("where", [IN_THE_CLAIM, BEFORE_THE_COMMIT, AFTER_THE_COMMIT])
def test_an_ingest_that_is_killed_is_done_once_all_the_same(
    yard: Yard, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    bring(yard, "nightly", shop_manifest("orders"))
    (request,) = evaluate(instance)
    run_id = begun(instance, request, DagsterRunStatus.STARTED)
    environment = {
        **os.environ,
        "DATABASE_URL": str(yard.settings.database_url),
        "WORKBENCH_DATA": str(yard.settings.data_dir),
    }
    words = [sys.executable, "-c", KILLED.format(where=where), str(yard.drops()[0].id), run_id]
    done = subprocess.run(words, env=environment, cwd=REPOSITORY, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert yard.drops()[0].state in {DropState.WAITING, DropState.INGESTING}
    assert evaluate(instance) == []  # as far as Dagster knows, it runs
    instance.report_run_failed(instance.get_run_by_id(run_id))
    (again,) = evaluate(instance)
    assert run(instance, monkeypatch, again)
    (drop,) = yard.drops()
    assert (drop.state, drop.attempt) == (DropState.INGESTED, 2)
    assert yard.nodes() == {"orders"}
    (_, _, snapshots, *_) = yard.catalog()
    assert len(snapshots) == 1
    assert drop.snapshot_id == snapshots[0][0]


def test_a_run_that_was_taken_for_dead_does_not_have_the_last_word(yard: Yard) -> None:
    bring(yard, "nightly", shop_manifest("orders"))
    yard.look()
    (drop,) = yard.drops()
    with yard.db.session() as session:
        assert drops.claim(session, drop.id, 1, "slow")
        assert drops.replace_run(session, drop.id, 1)
        assert drops.claim(session, drop.id, 1, "slow") is None
        assert drops.claim(session, drop.id, 2, "quick")
    with yard.db.session() as session:
        assert not drops.finish(session, drop.id, "slow", drops.Outcome(DropState.REFUSED, "slow"))
    assert yard.drops()[0].state == DropState.INGESTING


def test_what_stops_an_ingest_is_said_in_the_end(
    yard: Yard, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bundle.Ingested:
        message = "the disk is on fire"
        raise OSError(message)

    monkeypatch.setattr(bundle, "ingest", broken)
    bring(yard, "nightly", shop_manifest("orders"))
    for _ in range(3):
        (request,) = evaluate(instance)
        assert not run(instance, monkeypatch, request)
    assert evaluate(instance) == []
    (drop,) = yard.drops()
    assert drop.state == DropState.REFUSED
    assert "the disk is on fire" in (drop.reason or "")


def test_drops_of_an_environment_wait_for_their_turn(yard: Yard) -> None:
    bring(yard, "one", shop_manifest("a", at="2026-01-01T00:00:00Z"))
    yard.look()
    bring(yard, "two", shop_manifest("b", at="2026-01-02T00:00:00Z"))
    yard.look()
    first, second = yard.drops()
    threads = [threading.Thread(target=yard.ingest, args=(drop,)) for drop in (second, first)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [drop.state for drop in yard.drops()] == [DropState.INGESTED, DropState.INGESTED]


def test_a_reload_is_asked_for_only_when_assets_changed(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr(lib, "request_reload", asked.append)
    orders = model("orders")
    for number, node in enumerate((orders, {**orders, "description": "New."}, model("customers"))):
        raw = manifest(node)
        raw["metadata"]["generated_at"] = f"2026-01-0{number + 1}T00:00:00Z"
        bring(yard, f"n{number}", raw)
        yard.look()
        yard.ingest_waiting()
    assert len(asked) == 2


def test_two_daemons_with_databases_of_their_own_agree(yard: Yard, instance: DagsterInstance) -> None:
    bring(yard, "nightly", shop_manifest("orders"))
    other = Database(make_engine(str(yard.settings.database_url)))
    twin = Yard(other, yard.settings, yard.workspace_id)
    looks = [threading.Thread(target=one.look) for one in (yard, twin, yard, twin)]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    other.dispose()
    assert len(evaluate(instance)) == 1
    found: list[Drop] = yard.drops()
    assert len(found) == 1
