"""Triggers that something else sets off, under Dagster's own sensor daemon."""

import time

import pytest
import sqlalchemy as sa
from dagster._core.events import DagsterEventType

from core.artifacts.models import Drop, DropState
from core.environments.models import Environment
from core.runs.ports import ACTOR_TAG
from core.runs.retry_policy import GIVEN_UP_TAG
from core.schedules.models import Job, Trigger, TriggerCall
from orchestration.defs.schedules import definitions
from tests.orchestration.ticking import Ticking, utc

DAY = "2026-03-02 "
BEFORE = DAY + "09:59:30"


def at(clock: str) -> str:
    return DAY + clock


def call(ticking: Ticking, trigger: Trigger, **variables: str) -> int:
    with ticking.shared.db.session() as session:
        made = TriggerCall(trigger_id=trigger.id, actor="ci", variables=variables)
        session.add(made)
        session.flush()
        return made.id


def outcome(ticking: Ticking, call_id: int) -> tuple[str, str | None]:
    with ticking.shared.db.session() as session:
        made = session.get_one(TriggerCall, call_id)
        return made.outcome, made.reason


def test_a_call_makes_one_run_with_its_variables_in_the_name_of_the_caller(ticking: Ticking) -> None:
    job = ticking.job(overlap="allow", steps=[{"command": "build", "options": {"vars": {"a": 1, "b": 1}}}])
    trigger = ticking.trigger(job, "api", BEFORE)
    first = call(ticking, trigger, b="2")
    ticking.look(at("10:00:00"))
    assert outcome(ticking, first) == ("waiting", None)
    ticking.look(at("10:00:06"))
    assert outcome(ticking, first) == ("run", None)
    second = call(ticking, trigger)
    ticking.look(at("10:00:12"))
    ticking.look(at("10:00:18"))
    assert outcome(ticking, second) == ("run", None)
    old, new = sorted(ticking.runs(job), key=lambda run: run.tags["dagster/run_key"])
    assert (old.tags["dagster/run_key"], new.tags["dagster/run_key"]) == (f"call-{first}", f"call-{second}")
    assert old.tags[ACTOR_TAG] == "ci"
    assert old.run_config["ops"]["shop__dbt_command"]["config"]["steps"][0]["options"]["vars"] == {
        "a": 1,
        "b": "2",
    }


def test_a_call_is_skipped_by_the_rule_and_refused_where_it_cannot_be_run(ticking: Ticking) -> None:
    job = ticking.job(overlap="skip")
    trigger = ticking.trigger(job, "api", BEFORE)
    first, second = call(ticking, trigger), call(ticking, trigger)
    ticking.look(at("10:00:00"))
    ticking.look(at("10:00:06"))
    assert outcome(ticking, first)[0] == "run"
    assert outcome(ticking, second)[0] == "skipped"
    (run,) = ticking.runs(job)
    third = call(ticking, trigger)
    ticking.look(at("10:00:12"))
    said = outcome(ticking, third)
    assert said[0] == "skipped"
    assert run.run_id in (said[1] or "")
    ticking.end(run, DagsterEventType.RUN_SUCCESS, at("10:00:15"))
    with ticking.shared.db.session() as session:
        session.execute(sa.update(Environment).values(archived_at=utc(BEFORE)))
    fourth = call(ticking, trigger)
    ticking.look(at("10:00:18"))
    assert outcome(ticking, fourth)[0] == "refused"
    assert "archived" in (outcome(ticking, fourth)[1] or "")


@pytest.mark.parametrize(
    ("on", "ending", "runs"),
    [
        ("success", DagsterEventType.RUN_SUCCESS, 1),
        ("success", DagsterEventType.RUN_FAILURE, 0),
        ("failure", DagsterEventType.RUN_FAILURE, 1),
        ("failure", DagsterEventType.RUN_CANCELED, 0),
        ("any", DagsterEventType.RUN_CANCELED, 1),
    ],
)
def test_the_end_of_another_job_sets_off_as_wanted_and_once(
    ticking: Ticking, on: str, ending: DagsterEventType, runs: int
) -> None:
    upstream, job = ticking.job("load"), ticking.job(overlap="allow")
    ticking.cron(upstream, "0 * * * *", BEFORE)
    ticking.trigger(job, "job", BEFORE, job_id=upstream.id, on=on)
    ticking.tick(at("09:59:40"))
    ticking.look(at("09:59:50"))
    ticking.tick(at("10:00:01"))
    (run,) = ticking.runs(upstream)
    ticking.look(at("10:00:05"))
    assert ticking.runs(job) == []
    ticking.end(run, ending, at("10:00:10"))
    for second in ("10:00:15", "10:00:25", "10:00:35"):
        ticking.look(at(second))
    assert len(ticking.runs(job)) == runs


def test_a_failure_that_is_tried_again_is_not_the_end_of_the_job(ticking: Ticking) -> None:
    upstream = ticking.job("load", retry={"max_attempts": 2, "delay_seconds": 60})
    job = ticking.job(overlap="allow")
    ticking.cron(upstream, "0 * * * *", BEFORE)
    ticking.trigger(job, "job", BEFORE, job_id=upstream.id, on="failure")
    ticking.tick(at("09:59:40"))
    ticking.look(at("09:59:50"))
    ticking.tick(at("10:00:01"))
    (run,) = ticking.runs(upstream)
    ticking.end(run, DagsterEventType.RUN_FAILURE, at("10:00:10"))
    ticking.look(at("10:00:15"))
    ticking.look(at("10:00:25"))
    assert ticking.runs(job) == []
    # The last word: there will be no other attempt.
    ticking.instance.add_run_tags(run.run_id, {GIVEN_UP_TAG: "the environment is gone"})
    ticking.look(at("10:00:35"))
    ticking.look(at("10:00:45"))
    (found,) = ticking.runs(job)
    assert found.tags["dagster/run_key"] == f"job-{run.run_id}"


def drop(ticking: Ticking, state: DropState, finished: str) -> int:
    with ticking.shared.db.session() as session:
        environment = session.scalars(sa.select(Environment)).one()
        made = Drop(
            workspace_id=ticking.workspace.id,
            environment_id=environment.id,
            source="upload",
            label="x",
            digest=f"{time.monotonic_ns():064d}",
            state=state,
            finished_at=utc(finished),
        )
        session.add(made)
        session.flush()
        return made.id


def test_artifacts_that_were_taken_in_set_off_once(ticking: Ticking) -> None:
    job, other = ticking.job(overlap="allow"), ticking.job("other", overlap="allow")
    ticking.trigger(job, "artifacts", BEFORE, environment_id=None)
    ticking.trigger(other, "artifacts", BEFORE, environment_id=-1)
    drop(ticking, DropState.INGESTED, at("09:00:00"))
    ticking.look(at("10:00:00"))
    taken = drop(ticking, DropState.INGESTED, at("10:00:05"))
    drop(ticking, DropState.REFUSED, at("10:00:06"))
    for second in ("10:00:11", "10:00:22", "10:00:33"):
        ticking.look(at(second))
    (run,) = ticking.runs(job)
    assert run.tags["dagster/run_key"] == f"drop-{taken}"
    assert run.tags[ACTOR_TAG] == "artifacts trigger"
    assert ticking.runs(other) == []


def test_a_changed_trigger_has_the_code_location_loaded_anew_once(
    ticking: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr(definitions, "request_reload", lambda url: bool(asked.append(url)) or len(asked) > 1)
    job = ticking.job()
    trigger = ticking.cron(job, "0 * * * *", BEFORE)
    ticking.look(at("10:00:00"))
    assert asked == []
    with ticking.shared.db.session() as session:
        session.get_one(Trigger, trigger.id).version = 2
    # The first time, Dagster does not answer; then a reload is under way, and nobody asks again.
    for second in ("10:00:11", "10:00:22", "10:00:33", "10:00:44"):
        ticking.look(at(second))
    assert len(asked) == 2
    ticking.load()
    ticking.look(at("10:00:55"))
    with ticking.shared.db.session() as session:
        session.get_one(Job, job.id).archived_at = utc(BEFORE)
    ticking.look(at("10:01:06"))
    assert len(asked) == 3
