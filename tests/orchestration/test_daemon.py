"""One daemon at a time, by a lock of PostgreSQL."""

import threading
import time

import psycopg
import pytest
import sqlalchemy as sa
from dagster._core.test_utils import instance_for_test
from dagster._daemon.controller import create_daemons_from_instance
from dagster._daemon.daemon import SchedulerDaemon
from dagster._daemon.run_coordinator import QueuedRunCoordinatorDaemon

from core.kit.database import Database
from orchestration import daemon
from orchestration.daemon import OnlyOne, wait_for_turn, watch
from orchestration.lib import prompt_scheduler
from orchestration.lib.prompt_scheduler import Doorbell, PromptScheduler

END = sa.text(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'workbench daemon'"
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "LOOK_EVERY", 0.05)


def test_the_second_waits_until_the_first_has_ended(database_url: str) -> None:
    first, second = OnlyOne(database_url), OnlyOne(database_url)
    wait_for_turn(first)
    waiting = threading.Thread(target=wait_for_turn, args=(second,), daemon=True)
    waiting.start()
    time.sleep(0.3)
    assert waiting.is_alive()
    first.release()
    waiting.join(5)
    assert not waiting.is_alive()
    assert not first.take()
    first.release()
    second.release()


def test_a_connection_that_breaks_is_made_anew(db: Database, database_url: str) -> None:
    lock = OnlyOne(database_url)
    wait_for_turn(lock)
    with db.session() as session:
        session.execute(END)
    with pytest.raises(psycopg.Error):
        lock.check()
    assert lock.check()
    other = OnlyOne(database_url)
    assert not other.take()
    lock.release()
    other.release()


def test_who_was_slower_after_an_outage_ends(db: Database, database_url: str) -> None:
    slow, quick = OnlyOne(database_url), OnlyOne(database_url)
    wait_for_turn(slow)
    with db.session() as session:
        session.execute(END)
    wait_for_turn(quick)
    lost = threading.Event()
    watching = threading.Thread(target=watch, args=(slow, lost.set), daemon=True)
    watching.start()
    assert lost.wait(5)
    watching.join(5)
    assert not watching.is_alive()
    slow.release()
    quick.release()


def test_the_scheduler_looks_as_soon_as_a_code_location_has_been_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prompt_scheduler, "LOOK_SECONDS", 0.02)
    loaded: list[object] = [object()]
    shutdown = threading.Event()
    bell = Doorbell(lambda: loaded, shutdown)
    began = time.monotonic()
    assert not bell.wait(0.2)
    assert time.monotonic() - began >= 0.2
    loaded[0] = object()
    assert not bell.wait(60)
    loaded.append(object())
    assert not bell.wait(60)
    assert time.monotonic() - began < 30
    assert not bell.is_set()
    shutdown.set()
    assert bell.wait(60)
    assert bell.is_set()


def test_the_daemon_that_runs_has_this_scheduler_and_looks_at_the_queue_twice_a_second() -> None:
    queue = {"module": "dagster._core.run_coordinator", "class": "QueuedRunCoordinator"}
    with instance_for_test({"run_coordinator": queue}) as instance:
        made = [daemon._prompt(one) for one in create_daemons_from_instance(instance)]
    (scheduler,) = [one for one in made if isinstance(one, SchedulerDaemon)]
    (coordinator,) = [one for one in made if isinstance(one, QueuedRunCoordinatorDaemon)]
    assert type(scheduler) is PromptScheduler
    assert coordinator.interval_seconds == daemon.DEQUEUE_SECONDS
