"""Cron triggers under Dagster's own scheduler: outages, crashes, steps of the clock, pauses, overlap."""

from datetime import timedelta
from typing import Any

import pytest
from dagster import DagsterRunStatus
from dagster._core.events import DagsterEventType
from dagster._core.scheduler.instigation import TickStatus

from core.runs.ports import ACTOR_TAG, MAX_RUNTIME_TAG, ONE_AT_A_TIME_TAG, PRIORITY_TAG, TRIGGER_TAG
from core.schedules.models import DefinitionLoad, Job, Trigger
from orchestration.defs.schedules.stranded import GIVE_UP_AFTER, end_stranded
from tests.orchestration.ticking import Ticking, utc

DAY = "2026-03-02 "
BEFORE = DAY + "09:59:30"


def at(clock: str) -> str:
    return DAY + clock


def test_a_due_time_makes_one_run_with_what_the_job_says(ticking: Ticking) -> None:
    job = ticking.job(overlap="queue", timeout_seconds=900, priority=5)
    trigger = ticking.cron(job, "0 * * * *", BEFORE)
    ticking.tick(at("09:59:40"))
    ticking.tick(at("10:00:01"))
    ticking.tick(at("10:01:01"))
    (run,) = ticking.runs(job)
    assert ticking.due(job) == ["10:00"]
    assert ticking.decided(trigger) == {"10:00": "run"}
    assert run.job_name == "shop__runs"
    assert run.status.value == "QUEUED"
    assert {
        name: run.tags[name] for name in (MAX_RUNTIME_TAG, PRIORITY_TAG, ONE_AT_A_TIME_TAG, TRIGGER_TAG)
    } == {
        MAX_RUNTIME_TAG: "900",
        PRIORITY_TAG: "5",
        ONE_AT_A_TIME_TAG: "shop/nightly",
        TRIGGER_TAG: str(trigger.id),
    }
    assert run.tags[ACTOR_TAG] == "schedule"


def test_two_minutes_without_anybody_to_tick_lose_nothing(ticking: Ticking) -> None:
    job = ticking.job(overlap="allow")
    trigger = ticking.cron(job, "* * * * *", BEFORE)
    ticking.tick(at("09:59:40"))
    ticking.tick(at("10:00:01"))
    ticking.tick(at("10:03:05"))
    assert ticking.due(job) == ["10:00", "10:01", "10:02", "10:03"]
    assert set(ticking.decided(trigger).values()) == {"run"}


@pytest.mark.parametrize(
    ("settings", "made"),
    [
        ({"missed": "skip"}, ["10:00", "14:00"]),
        ({"missed": "run", "missed_limit": 2}, ["10:00", "12:00", "13:00", "14:00"]),
    ],
)
def test_after_hours_the_trigger_says_what_is_made_up_for(
    ticking: Ticking, settings: dict[str, Any], made: list[str]
) -> None:
    job = ticking.job(overlap="allow")
    trigger = ticking.cron(job, "0 * * * *", BEFORE, **settings)
    ticking.tick(at("09:59:40"))
    ticking.tick(at("10:00:01"))
    ticking.restart()
    ticking.tick(at("14:00:02"))
    assert ticking.due(job) == made
    missed = [due for due, outcome in ticking.decided(trigger).items() if outcome == "missed"]
    assert missed == sorted({"11:00", "12:00", "13:00"} - set(made))


def test_a_daemon_that_dies_between_tick_and_run_doubles_and_loses_nothing(ticking: Ticking) -> None:
    job = ticking.job(overlap="allow")
    ticking.cron(job, "* * * * *", BEFORE)
    ticking.tick(at("09:59:40"))
    minute = 0
    for place in ("TICK_CREATED", "TICK_HELD", "RUN_CREATED", "RUN_LAUNCHED", "RUN_ADDED", "TICK_SUCCESS"):
        # Back in the same minute; and, the next time, only when another one is due.
        ticking.tick_and_die(at(f"10:{minute:02}:01"), place)
        ticking.tick(at(f"10:{minute:02}:30"))
        ticking.tick_and_die(at(f"10:{minute + 1:02}:01"), place)
        ticking.tick(at(f"10:{minute + 2:02}:01"))
        minute += 3
    assert ticking.due(job) == [f"10:{past:02}" for past in range(minute)]


def test_a_run_that_somebody_deleted_does_not_come_back(ticking: Ticking) -> None:
    job = ticking.job(overlap="allow")
    ticking.cron(job, "* * * * *", BEFORE)
    ticking.tick(at("09:59:40"))
    ticking.tick(at("10:00:01"))
    ticking.instance.delete_run(ticking.runs(job)[0].run_id)
    ticking.tick(at("10:01:01"))
    assert ticking.due(job) == ["10:01"]


def test_a_clock_that_steps_back_fires_nothing_twice(ticking: Ticking) -> None:
    job = ticking.job(overlap="allow")
    ticking.cron(job, "*/10 * * * *", BEFORE)
    for clock in ("09:59:40", "10:00:01", "10:10:01", "09:55:00", "10:00:01", "10:10:02", "10:20:01"):
        ticking.tick(at(clock))
    assert ticking.due(job) == ["10:00", "10:10", "10:20"]


def test_a_clock_that_steps_forward_fires_once_and_tells_what_it_passed_over(ticking: Ticking) -> None:
    job = ticking.job(overlap="allow")
    trigger = ticking.cron(job, "*/10 * * * *", BEFORE)
    for clock in ("09:59:40", "10:00:01", "10:35:00", "10:40:01"):
        ticking.tick(at(clock))
    assert ticking.due(job) == ["10:00", "10:30", "10:40"]
    assert ticking.decided(trigger)["10:10"] == "missed"


def test_daylight_saving_twice_never_and_once(ticking: Ticking) -> None:
    hourly, nightly = ticking.job("hourly", overlap="allow"), ticking.job("nightly", overlap="allow")
    ticking.cron(hourly, "30 * * * *", "2026-10-24 23:00", "Europe/Berlin")
    ticking.cron(nightly, "30 2 * * *", "2026-10-24 23:00", "Europe/Berlin")
    ticking.tick("2026-10-24 23:00:10")
    for hour in ("00:30", "01:30", "02:30"):
        ticking.tick(f"2026-10-25 {hour}:01")
    assert ticking.due(hourly) == ["00:30", "01:30", "02:30"]
    assert ticking.due(nightly) == ["01:30"]


def test_what_was_due_in_a_pause_is_not_made_up_for(ticking: Ticking) -> None:
    job = ticking.job(overlap="allow")
    trigger = ticking.cron(job, "* * * * *", BEFORE)
    ticking.tick(at("09:59:40"))
    ticking.tick(at("10:00:01"))
    ticking.pause(job, trigger, at("10:00:30"))
    ticking.tick(at("10:01:01"))
    ticking.tick(at("10:02:01"))
    ticking.resume(job, trigger, at("10:02:30"))
    ticking.tick(at("10:03:01"))
    ticking.tick(at("10:04:01"))
    assert ticking.due(job) == ["10:00", "10:03", "10:04"]


def test_with_the_rule_to_skip_a_run_that_goes_on_is_named(ticking: Ticking) -> None:
    job = ticking.job(overlap="skip")
    trigger = ticking.cron(job, "* * * * *", BEFORE)
    ticking.tick(at("09:59:40"))
    ticking.tick(at("10:00:01"))
    (run,) = ticking.runs(job)
    ticking.tick(at("10:01:01"))
    assert ticking.decided(trigger) == {"10:00": "run", "10:01": "skipped"}
    (tick, *_) = ticking.ticks(job, trigger)
    assert (tick.status, run.run_id in (tick.skip_reason or "")) == (TickStatus.SKIPPED, True)
    ticking.end(run, DagsterEventType.RUN_SUCCESS, at("10:01:30"))
    ticking.tick(at("10:02:01"))
    assert ticking.due(job) == ["10:00", "10:02"]


def test_two_triggers_of_a_job_that_are_due_at_once_make_one_run_where_it_skips(ticking: Ticking) -> None:
    job = ticking.job(overlap="skip")
    triggers = [ticking.cron(job, expression, BEFORE) for expression in ("0 * * * *", "*/5 * * * *")]
    ticking.tick(at("09:59:40"))
    ticking.tick(at("10:00:01"))
    assert ticking.due(job) == ["10:00"]
    assert sorted(ticking.decided(trigger)["10:00"] for trigger in triggers) == ["run", "skipped"]


def test_edits_of_the_job_hold_at_once_and_those_of_the_trigger_after_loading(ticking: Ticking) -> None:
    job = ticking.job(overlap="allow")
    trigger = ticking.cron(job, "* * * * *", BEFORE)
    ticking.tick(at("09:59:40"))
    with ticking.shared.db.session() as session:
        session.get_one(Job, job.id).steps = [{"command": "test"}]
    ticking.tick(at("10:00:01"))
    (run,) = ticking.runs(job)
    assert "'command': 'test'" in str(run.run_config)
    with ticking.shared.db.session() as session:
        changed = session.get_one(Trigger, trigger.id)
        changed.version, changed.changed_at = 2, utc(at("10:00:30"))
        changed.settings = {**changed.settings, "expression": "*/2 * * * *"}
    ticking.tick(at("10:01:01"))
    assert "was changed" in (ticking.ticks(job, trigger)[0].skip_reason or "")
    ticking.load()
    ticking.tick(at("10:02:01"))
    ticking.tick(at("10:03:01"))
    assert ticking.due(job) == ["10:00", "10:02"]


def test_an_archived_job_and_one_that_cannot_be_run_say_why(ticking: Ticking) -> None:
    job, broken = (
        ticking.job(overlap="allow"),
        ticking.job("broken", overlap="allow", steps=[{"command": "rm"}]),
    )
    archived, wrong = ticking.cron(job, "* * * * *", BEFORE), ticking.cron(broken, "* * * * *", BEFORE)
    ticking.tick(at("09:59:40"))
    with ticking.shared.db.session() as session:
        session.get_one(Job, job.id).archived_at = utc(BEFORE)
    ticking.tick(at("10:00:01"))
    assert "archived" in (ticking.ticks(job, archived)[0].skip_reason or "")
    assert "not a dbt command" in (ticking.ticks(broken, wrong)[0].skip_reason or "")
    assert ticking.decided(wrong) == {"10:00": "skipped"}
    assert ticking.runs(job) == ticking.runs(broken) == []


def test_one_that_cannot_be_built_costs_only_itself_and_is_told(ticking: Ticking) -> None:
    job = ticking.job(overlap="allow")
    good = ticking.cron(job, "* * * * *", BEFORE)
    bad = ticking.cron(job, "every now and then", BEFORE)
    nowhere = ticking.cron(job, "* * * * *", BEFORE, "Mars/Phobos")
    odd = ticking.trigger(job, "moon", BEFORE)
    ticking.tick(at("09:59:40"))
    ticking.tick(at("10:00:01"))
    assert ticking.decided(good) == {"10:00": "run"}
    with ticking.shared.db.session() as session:
        load = session.get_one(DefinitionLoad, 1)
    assert load.versions == {str(one.id): 1 for one in (good, bad, nowhere, odd)}
    assert set(load.problems) == {str(one.id) for one in (bad, nowhere, odd)}
    assert "cron" in load.problems[str(bad.id)]
    assert "Mars/Phobos" in load.problems[str(nowhere.id)]
    assert "moon" in load.problems[str(odd.id)]


def test_a_run_that_was_made_and_never_queued_does_not_hold_up_its_job_for_ever(ticking: Ticking) -> None:
    job = ticking.job()
    trigger = ticking.cron(job, "0 * * * *", BEFORE)
    ticking.tick(DAY + "09:59:40")
    ticking.tick_and_die(DAY + "10:00:00", "RUN_CREATED")
    (run,) = ticking.runs(job)
    now = ticking.instance.get_run_record_by_id(run.run_id)
    assert now is not None
    assert run.status == DagsterRunStatus.NOT_STARTED
    end_stranded(ticking.instance, now.create_timestamp + GIVE_UP_AFTER - timedelta(seconds=1))
    assert ticking.runs(job)[0].status == DagsterRunStatus.NOT_STARTED
    assert end_stranded(ticking.instance, now.create_timestamp + GIVE_UP_AFTER + timedelta(seconds=1)) == 1
    assert ticking.runs(job)[0].status == DagsterRunStatus.FAILURE
    assert ticking.decided(trigger) == {"10:00": "run"}


def test_what_was_due_before_dagster_first_looked_is_not_lost(ticking: Ticking) -> None:
    job = ticking.job(overlap="allow")
    trigger = ticking.cron(job, "* * * * *", BEFORE)
    ticking.tick(at("10:00:20"))
    assert ticking.runs(job) == []
    ticking.tick(at("10:01:00"))
    assert ticking.decided(trigger) == {"10:00": "run", "10:01": "run"}
    assert ticking.due(job) == ["10:00", "10:01"]
