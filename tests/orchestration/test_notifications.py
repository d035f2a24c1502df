"""From what happened to deliveries: runs of a Dagster instance, drops, due times; once, and all of it."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from dagster import (
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    build_sensor_context,
)

from core.artifacts.models import Drop, DropState
from core.artifacts.store import ArtifactStore
from core.kit import clock
from core.notifications.models import Event, EventKind, Rule
from core.runs.models import RunStep
from core.runs.ports import (
    ACTOR_TAG,
    COMMAND_TAG,
    DUE_TAG,
    ENVIRONMENT_TAG,
    JOB_TAG,
    TRIGGER_TAG,
    WORKSPACE_TAG,
)
from core.runs.retry_policy import GIVEN_UP_TAG, RETRY_OF_TAG, STATE_TAG, RetryPolicy
from core.schedules.models import DueTime, Job, Trigger
from orchestration.defs.notifications import definitions
from orchestration.defs.notifications import runs as looking_at_runs
from orchestration.defs.notifications.definitions import look_everywhere, notification_definitions
from orchestration.lib.services import Services
from tests.core.building import Shop, check, model, node, result, sources_file
from tests.core.notifying import Office, office_of
from tests.receivers import http_receiver

HOOK = "https://hooks.example.org/x"
POLICY = RetryPolicy(max_attempts=3, delay_seconds=30, backoff="exponential")
EVERYTHING = tuple(EventKind)
ENDS = {
    DagsterRunStatus.SUCCESS: DagsterEventType.RUN_SUCCESS,
    DagsterRunStatus.FAILURE: DagsterEventType.RUN_FAILURE,
    DagsterRunStatus.CANCELED: DagsterEventType.RUN_CANCELED,
}
OK, BAD, STOPPED = DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED


class Floor:
    """A shop, a Dagster instance, and the looks that the sensor takes."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.shop: Shop = office.shop
        self.instance = DagsterInstance.ephemeral()
        self.services = Services(office.settings, self.shop.db, ArtifactStore(self.shop.folder))

    def look(self) -> str:
        return look_everywhere(self.services, self.instance)

    def queue(self, tags: Mapping[str, str] | None = None, run_id: str | None = None) -> str:
        """A run that waits."""
        given = {
            WORKSPACE_TAG: "shop",
            ENVIRONMENT_TAG: "dev",
            COMMAND_TAG: "dbt build",
            ACTOR_TAG: "ann",
            **(tags or {}),
        }
        run = DagsterRun(
            job_name="shop__dbt",
            run_id=run_id or str(uuid4()),
            status=DagsterRunStatus.NOT_STARTED,
            tags=given,
        )
        return self.instance.add_run(run).run_id

    def start(self, tags: Mapping[str, str] | None = None, run_id: str | None = None) -> str:
        number = self.queue(tags, run_id)
        self._report(number, DagsterEventType.RUN_START)
        return number

    def end(self, run_id: str, status: DagsterRunStatus) -> str:
        self._report(run_id, ENDS[status])
        return run_id

    def run(self, status: DagsterRunStatus, tags: Mapping[str, str] | None = None) -> str:
        return self.end(self.start(tags), status)

    def _report(self, run_id: str, kind: DagsterEventType) -> None:
        event = DagsterEvent(event_type_value=kind.value, job_name="shop__dbt", message="The worker died.")
        self.instance.report_dagster_event(event, run_id)

    def told(self) -> list[str]:
        """The kinds of the events that were noted, as they came."""
        with self.shop.db.session() as session:
            return list(session.scalars(sa.select(Event.kind).order_by(Event.id)))

    def facts(self, kind: str) -> dict[str, Any]:
        with self.shop.db.session() as session:
            return session.scalars(sa.select(Event.facts).where(Event.kind == kind)).one()

    def job(self, key: str = "nightly", **values: Any) -> int:
        given = {"name": "Nightly build", "owner": "ann", "tags": ["finance"], **values}
        with self.shop.db.session() as session:
            job = Job(
                workspace_id=self.shop.workspace_id,
                key=key,
                steps=[{"command": "build"}],
                created_by="ann",
                updated_by="ann",
                **given,
            )
            session.add(job)
            session.flush()
            return job.id


@pytest.fixture
def floor(shop: Shop, tmp_path: Path) -> Floor:
    """Looked at once already: what was before is not told."""
    made = Floor(office_of(shop, tmp_path, {"NOTIFICATIONS_BASE_URL": "https://dbt.example.org/"}))
    made.look()
    return made


@pytest.fixture
def shop(db: Any, tmp_path: Path) -> Shop:
    from tests.core.building import open_shop  # noqa: PLC0415

    return open_shop(db, tmp_path)


def everything(floor: Floor, **values: Any) -> int:
    return floor.office.rule(floor.office.channel(url=HOOK), events=EVERYTHING, **values)


def test_each_step_of_a_run_is_told_once(floor: Floor) -> None:
    everything(floor)
    run_id = floor.start()
    floor.look()
    assert floor.told() == ["run_started"]
    floor.end(run_id, OK)
    floor.look()
    floor.look()
    assert floor.told() == ["run_started", "run_succeeded"]
    facts = floor.facts("run_succeeded")
    assert facts["url"] == f"https://dbt.example.org/w/shop/runs/{run_id}"
    assert (facts["run"]["actor"], facts["run"]["status"], facts["job"]) == ("ann", "success", None)
    floor.run(STOPPED)
    floor.look()
    assert floor.told()[2:] == ["run_started", "run_cancelled"]


def test_what_was_before_the_rule_is_not_told(floor: Floor) -> None:
    floor.run(BAD)
    everything(floor)
    floor.look()
    assert floor.told() == []


def test_two_sensors_at_once_tell_each_event_once(floor: Floor) -> None:
    everything(floor)
    for _ in range(20):
        floor.run(BAD)
    looks = [threading.Thread(target=floor.look) for _ in range(3)]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    floor.look()
    assert sorted(floor.told()) == ["run_failed"] * 20 + ["run_started"] * 20
    assert len(floor.office.deliveries()) == 40


def test_more_runs_than_a_page_are_all_told(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_at_runs, "PAGE", 3)
    everything(floor)
    for _ in range(10):
        floor.run(OK)
    floor.look()
    assert floor.told().count("run_succeeded") == 10


def test_a_look_that_dies_before_it_moved_on_loses_and_doubles_nothing(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything(floor)
    floor.run(BAD)

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(looking_at_runs, "move", die)
        with pytest.raises(KeyboardInterrupt):
            floor.look()
    floor.run(BAD)
    floor.look()
    assert floor.told().count("run_failed") == 2


def test_a_failed_run_is_one_message_by_root_cause(floor: Floor) -> None:
    everything(floor)
    board = node("exposure", "board", reads=["model.shop.b"])
    floor.shop.know(model("a"), model("b", reads=["model.shop.a"]), exposures=[board])
    run_id = floor.start()
    failed = {**result("model.shop.a", "error"), "message": "column x does not exist"}
    floor.shop.ran(failed, result("model.shop.b", "skipped"), run_id=run_id)
    with floor.shop.db.session() as session:
        step = RunStep(run_id=run_id, step=1, workspace_id=floor.shop.workspace_id, command="dbt build")
        step.status, step.message, step.started_at = "failed", "dbt ended with 1.", clock.now()
        session.add(step)
    floor.end(run_id, BAD)
    floor.look()
    facts = floor.facts("run_failed")
    (cause,) = facts["causes"]
    assert (cause["node"], cause["message"]) == ("model.shop.a", "column x does not exist")
    assert (cause["skipped"], cause["exposures"]) == (["model.shop.b"], ["exposure.shop.board"])
    assert (facts["failed_total"], facts["skipped_total"]) == (1, 1)
    assert facts["message"] == "dbt ended with 1."
    (delivery,) = [one for one in floor.office.deliveries() if one.title.startswith("Failed")]
    assert "column x does not exist" in delivery.body
    assert "Skipped because of it (1): model.shop.b" in delivery.body


def test_without_a_word_of_dbt_dagster_says_why(floor: Floor) -> None:
    everything(floor)
    floor.run(BAD)
    floor.look()
    assert floor.facts("run_failed")["message"] == "The worker died."


def test_of_attempts_only_the_last_is_told(floor: Floor) -> None:
    office = floor.office
    office.rule(office.channel("last", url=HOOK), name="last")
    office.rule(office.channel("each", url=HOOK), name="each", every_attempt=True)
    first = floor.run(BAD, POLICY.tags(1))
    floor.look()
    (attempt,) = office.deliveries()
    assert (attempt.channel_name, attempt.title) == (
        "each",
        "Failed, will be tried again: dbt build (Shop, dev)",
    )
    assert "Attempt 1 of 3; the next begins about" in attempt.body
    # What the sensor of retries does once the next one is there.
    floor.instance.add_run_tags(first, {STATE_TAG: "done"})
    floor.run(BAD, {**POLICY.tags(2), RETRY_OF_TAG: first})
    floor.look()
    assert [one.channel_name for one in office.deliveries()] == ["each", "each"]
    floor.run(BAD, {**POLICY.tags(3), RETRY_OF_TAG: first})
    floor.look()
    assert sorted(one.channel_name for one in office.deliveries()) == ["each", "each", "each", "last"]


def test_a_retry_that_was_given_up_is_a_failure(floor: Floor) -> None:
    office = floor.office
    office.rule(office.channel(url=HOOK))
    run_id = floor.run(BAD, POLICY.tags(1))
    floor.look()
    assert office.deliveries() == []
    floor.instance.add_run_tags(run_id, {STATE_TAG: "done", GIVEN_UP_TAG: "the environment is gone"})
    floor.look()
    (delivery,) = office.deliveries()
    assert "It was not tried again: the environment is gone" in delivery.body


def test_a_success_after_a_failure_has_recovered(floor: Floor) -> None:
    floor.job()
    everything(floor)
    floor.run(BAD)
    floor.run(BAD, {JOB_TAG: "nightly", COMMAND_TAG: "dbt run"})
    floor.run(OK, {ENVIRONMENT_TAG: "prod"})
    floor.run(OK, {JOB_TAG: "nightly", COMMAND_TAG: "another since"})
    floor.look()
    with floor.shop.db.session() as session:
        (job_key,) = session.scalars(sa.select(Event.job_key).where(Event.kind == "run_recovered"))
    assert job_key == "nightly"
    floor.run(OK)
    floor.run(OK)
    floor.look()
    assert floor.told().count("run_recovered") == 2


def test_a_failed_attempt_before_a_success_was_no_failure(floor: Floor) -> None:
    everything(floor)
    floor.run(OK)
    first = floor.run(BAD, POLICY.tags(1))
    floor.instance.add_run_tags(first, {STATE_TAG: "done"})
    floor.run(OK, {**POLICY.tags(2), RETRY_OF_TAG: first})
    floor.look()
    assert "run_recovered" not in floor.told()
    assert floor.told().count("run_failed") == 0


def test_an_attempt_is_of_the_job_of_the_first(floor: Floor) -> None:
    floor.job()
    floor.office.rule(floor.office.channel(url=HOOK), owner="ann")
    first = floor.run(BAD, {**POLICY.tags(1), JOB_TAG: "nightly"})
    floor.run(BAD, {**POLICY.tags(3), RETRY_OF_TAG: first})
    floor.look()
    assert floor.facts("run_failed")["job"]["tags"] == ["finance"]


def test_tests_that_newly_fail(floor: Floor) -> None:
    everything(floor)
    floor.shop.know(model("a"), check("t", reads=["model.shop.a"]), check("old", reads=["model.shop.a"]))
    for run_id, status in (("run-1", "pass"), ("run-2", "fail"), ("run-3", "fail")):
        floor.start(run_id=run_id)
        floor.shop.ran(
            timed("test.shop.t", status, run_id), timed("test.shop.old", "fail", run_id), run_id=run_id
        )
        floor.end(run_id, OK if status == "pass" else BAD)
        floor.look()
    with floor.shop.db.session() as session:
        query = sa.select(Event.run_id, Event.facts).where(Event.kind == "test_newly_failing")
        found = {
            run_id: [test["name"] for test in facts["tests"]] for run_id, facts in session.execute(query)
        }
    assert found == {"run-1": ["old"], "run-2": ["t"]}


def timed(unique_id: str, status: str, run_id: str) -> dict[str, Any]:
    at = f"2026-01-0{run_id[-1]}T00:00:0"
    stamps = [{"name": "execute", "started_at": f"{at}0Z", "completed_at": f"{at}1Z"}]
    return {**result(unique_id, status), "timing": stamps}


def fresh(status: str, at: str) -> dict[str, Any]:
    return {
        "unique_id": "source.shop.raw.orders",
        "status": status,
        "max_loaded_at": "2026-01-01T00:00:00Z",
        "snapshotted_at": at,
        "max_loaded_at_time_ago_in_s": 7200.0,
        "criteria": {},
        "execution_time": 1.0,
    }


def test_sources_that_turn_stale_are_told_when_they_do(floor: Floor) -> None:
    everything(floor)
    for number, status in enumerate(("pass", "warn", "warn", "error", "pass"), start=1):
        run_id = floor.start(run_id=f"run-{number}")
        content = sources_file(fresh(status, f"2026-01-0{number}T00:00:00Z"))
        floor.shop.take("sources.json", content, run_id=run_id, command="source freshness")
        floor.end(run_id, OK)
        floor.look()
    with floor.shop.db.session() as session:
        query = sa.select(Event.facts).where(Event.kind == "freshness").order_by(Event.id)
        found = [facts["sources"][0] for facts in session.scalars(query)]
    assert [(one["before"], one["status"]) for one in found] == [("pass", "warn"), ("warn", "error")]
    assert (found[0]["name"], found[0]["age_seconds"]) == ("raw.orders", 7200.0)


def drop(floor: Floor, state: DropState, **values: Any) -> int:
    with floor.shop.db.session() as session:
        row = Drop(
            workspace_id=floor.shop.workspace_id,
            environment_id=floor.shop.environment_id,
            source="upload",
            label="nightly.zip",
            state=state,
            finished_at=clock.now(),
            **values,
        )
        session.add(row)
        session.flush()
        return row.id


def test_a_refused_drop_is_told_with_its_reason(floor: Floor) -> None:
    everything(floor)
    number = drop(floor, DropState.REFUSED, reason="manifest.json is no JSON.", actor="ci")
    floor.look()
    floor.look()
    assert floor.told() == ["ingest_refused"]
    assert floor.facts("ingest_refused")["drop"]["reason"] == "manifest.json is no JSON."
    with floor.shop.db.session() as session:
        again = session.get_one(Drop, number)
        again.attempt, again.finished_at = 2, clock.now()
    floor.look()
    assert floor.told() == ["ingest_refused"] * 2


def test_what_drops_say_of_tests_and_sources_is_told(floor: Floor) -> None:
    everything(floor)
    floor.shop.know(model("a"), check("t", reads=["model.shop.a"]))
    from tests.core.building import invoked, run_results  # noqa: PLC0415

    floor.shop.take("run_results.json", invoked(run_results(timed("test.shop.t", "fail", "1"))))
    floor.shop.take("sources.json", sources_file(fresh("error", "2026-01-01T00:00:00Z")))
    drop(floor, DropState.INGESTED)
    floor.look()
    drop(floor, DropState.INGESTED)
    floor.look()
    assert sorted(floor.told()) == ["freshness", "test_newly_failing"]
    assert floor.facts("test_newly_failing")["run"] is None


def due(floor: Floor, job_id: int, minutes: float) -> tuple[int, datetime]:
    at = clock.now().replace(microsecond=0) - timedelta(minutes=minutes)
    with floor.shop.db.session() as session:
        trigger = Trigger(job_id=job_id, kind="cron", settings={})
        session.add(trigger)
        session.flush()
        session.add(DueTime(trigger_id=trigger.id, due_at=at, tick_at=at, outcome="run"))
        return trigger.id, at


def test_a_run_that_has_not_begun_in_time_is_late(floor: Floor) -> None:
    everything(floor)
    job_id = floor.job(late_after_minutes=10)
    waits, at = due(floor, job_id, 11)
    tags = {JOB_TAG: "nightly", TRIGGER_TAG: str(waits), DUE_TAG: at.astimezone(UTC).isoformat()}
    run_id = floor.queue(tags)
    due(floor, job_id, 9)
    floor.look()
    floor.look()
    facts = floor.facts("run_late")
    assert facts["late"] == {
        "due_at": at.isoformat(),
        "after_minutes": 10,
        "reason": "Its run is being started.",
    }
    assert (facts["run"]["id"], facts["job"]["key"]) == (run_id, "nightly")
    due(floor, job_id, 20)
    floor.look()
    assert floor.told() == ["run_late"] * 2


def test_a_run_that_began_in_time_is_not_late(floor: Floor) -> None:
    everything(floor)
    job_id = floor.job(late_after_minutes=10)
    trigger, at = due(floor, job_id, 5)
    tags = {JOB_TAG: "nightly", TRIGGER_TAG: str(trigger), DUE_TAG: at.isoformat()}
    floor.start(tags)
    with floor.shop.db.session() as session:
        session.execute(sa.update(Job).values(late_after_minutes=4))
    floor.look()
    assert floor.told().count("run_late") == 1
    other, soon = due(floor, floor.job("other", late_after_minutes=1), 0.5)
    floor.start({JOB_TAG: "other", TRIGGER_TAG: str(other), DUE_TAG: soon.isoformat()})
    floor.look()
    assert floor.told().count("run_late") == 1


def test_what_cannot_be_found_out_is_told_all_the_same(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    everything(floor)
    floor.run(BAD)

    def broken(*_: Any) -> None:
        raise ValueError("the catalog is broken")

    monkeypatch.setattr(looking_at_runs, "failure_facts", broken)
    assert "the catalog is broken" in floor.look()
    assert "cannot be read" in floor.facts("run_failed")["message"]


def test_a_rule_that_does_not_render_costs_no_other(floor: Floor) -> None:
    office = floor.office
    number = office.rule(office.channel("a", url=HOOK), name="a")
    office.rule(office.channel("b", url=HOOK), name="b", title_template="mine")
    with floor.shop.db.session() as session:
        session.get_one(Rule, number).title_template = "{% broken"
    floor.run(BAD)
    floor.look()
    assert {one.channel_name: one.title for one in office.deliveries()} == {
        "a": "Failed: dbt build (Shop, dev)",
        "b": "mine",
    }


def test_both_sensors_run_by_themselves_and_ask_for_no_runs(floor: Floor) -> None:
    found = {sensor.name: sensor for sensor in notification_definitions().sensors or ()}
    assert set(found) == {"notifications", "deliveries"}
    assert {sensor.default_status.value for sensor in found.values()} == {"RUNNING"}
    assert [sensor.targets for sensor in found.values()] == [[], []]


def test_the_ticks_of_both_sensors_go_from_a_run_to_a_receiver(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(definitions, "services", lambda: floor.services)
    found = {sensor.name: sensor for sensor in notification_definitions().sensors or ()}

    def tick(name: str) -> str | None:
        with build_sensor_context(instance=floor.instance) as context:
            return found[name].evaluate_tick(context).skip_message

    with http_receiver() as seen:
        floor.office.rule(floor.office.channel(url=seen.url))
        floor.run(BAD)
        assert tick("notifications") == "Deliveries noted: 1."
        assert tick("notifications") == "Nothing new to tell."
        assert tick("deliveries") == "Delivered 1, not taken 0, on the way 0."
        assert tick("deliveries") == "Nothing is due."
        assert len(seen.requests) == 1
    assert [one.state for one in floor.office.deliveries()] == ["delivered"]
