"""Jobs over HTTP: Dagster's part is played by a small server that knows what the tests tell it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from core.audit.models import AuditLog
from core.kit import clock
from core.kit.database import Database
from core.schedules.idle import NO_ARTIFACTS, NO_CALL, no_run
from core.schedules.models import DefinitionLoad, DueTime, Trigger, TriggerCall
from tests.api.conftest import client_of, settings_of
from tests.api.shape import error_of, fields
from tests.api.upstream import Upstream, running
from tests.api.upstream_jobs import STARTED, Jobs, load, tick
from tests.core.building import Shop, open_shop

BASE = "/api/workspaces/shop"
JOBS = f"{BASE}/jobs"
CRON = {"kind": "cron", "expression": "30 6 * * mon-fri", "timezone": "Europe/Berlin"}


@pytest.fixture(scope="module")
def dagster() -> Iterator[Upstream]:
    with running() as found:
        yield found


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    return open_shop(db, tmp_path)


@pytest.fixture
def api(shop: Shop, dagster: Upstream, database_url: str) -> Iterator[TestClient]:
    dagster.jobs = Jobs()
    dagster.runs = {}
    with client_of(settings_of(database_url, shop.folder, dagster.url)) as client:
        yield client


def job(**more: Any) -> dict[str, Any]:
    return {"name": "Nightly build", "steps": [{"command": "build"}], **more}


def make(api: TestClient, **more: Any) -> dict[str, Any]:
    response = api.post(JOBS, json=job(**more))
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def audited(shop: Shop) -> list[str]:
    with shop.db.session() as session:
        query = sa.select(AuditLog.tag).where(AuditLog.tag.startswith("job.")).order_by(AuditLog.id)
        return list(session.scalars(query))


def test_a_job_is_made_and_found_with_all_it_was_given(api: TestClient, shop: Shop) -> None:
    retry = {"max_attempts": 3, "delay_seconds": 30, "backoff": "exponential", "max_delay_seconds": 90}
    made = make(
        api,
        environment="prod",
        owner="Ada",
        tags=["finance"],
        retry=retry,
        timeout_seconds=600,
        overlap="queue",
        retention_days=7,
        triggers=[CRON, {"kind": "api"}],
    )
    assert made == {**made, "key": "nightly_build", "version": 1, "environment": "prod", "overlap": "queue"}
    assert made["retry"] == {**retry, "what": "failed"}
    cron, call = made["triggers"]
    assert cron["words"] == "At 06:30, Monday through Friday (Europe/Berlin)"
    assert cron["dagster_name"] == f"shop__nightly_build__cron_{cron['id']}"
    assert len(cron["next_times"]) == 10
    assert call["call_path"] == f"{JOBS}/nightly_build/triggers/{call['id']}/calls"
    assert api.get(f"{JOBS}/nightly_build").json() == made
    assert audited(shop) == ["job.added"]


@pytest.mark.parametrize(
    ("body", "named", "said"),
    [
        (job(triggers=[{**CRON, "expression": "61 * * * *"}]), ["triggers.0.expression"], "0 to 59"),
        (job(triggers=[CRON, {**CRON, "timezone": "Mars/X"}]), ["triggers.1.timezone"], "not a timezone"),
        (job(triggers=[{**CRON, "missed_limit": 11}]), ["triggers.0.missed_limit"], "from 1 to 10"),
        (job(triggers=[{**CRON, "missed": "maybe"}]), ["triggers.0.missed"], "skip"),
        (job(triggers=[{"kind": "job", "job": "gone"}]), ["triggers.0.job"], "not a job"),
        (job(triggers=[{"kind": "artifacts", "environment": "x"}]), ["triggers.0.environment"], "dev, prod"),
        (job(triggers=[{"kind": "api", "id": 9}]), ["triggers.0.id"], "no trigger 9"),
        (job(triggers=[{"kind": "moon"}]), ["triggers.0"], "'cron', 'job', 'artifacts', 'api'"),
        (job(environment="moon"), ["environment"], "it has: dev, prod"),
        (job(retention_days=-1), ["retention_days"], "from 1"),
        (job(timeout_seconds=5), ["timeout_seconds"], "from 60"),
        (job(late_after_minutes=0), ["late_after_minutes"], "from 1"),
        (job(key="Nightly"), ["key"], "small letters"),
        (job(key="options"), ["key"], "small letters"),
        (job(name=" "), ["name"], "from 1 to"),
        (job(steps=[]), ["steps"], "between 1 and"),
        (job(steps=[{"command": "drop"}]), ["steps.0.command"], "not a dbt command"),
        (
            job(retry={"max_attempts": 3, "delay_seconds": 60, "max_delay_seconds": 30}),
            ["retry.max_delay_seconds"],
            "first delay",
        ),
    ],
)
def test_bad_input_is_named_and_nothing_is_made(
    api: TestClient, shop: Shop, body: dict[str, Any], named: list[str], said: str
) -> None:
    error = error_of(api.post(JOBS, json=body), 422, "invalid")
    assert fields(error) == named
    assert said in error["details"][0]["message"]
    assert api.get(JOBS).json()["total"] == 0
    assert audited(shop) == []


def test_all_that_is_wrong_is_told_at_once_with_hints(api: TestClient) -> None:
    body = job(retention_days=-1, environment="moon", triggers=[{**CRON, "expression": "x"}])
    error = error_of(api.post(JOBS, json=body), 422, "invalid")
    assert fields(error) == ["retention_days", "environment", "triggers.0.expression"]
    assert "Five fields" in error["hint"]


def test_a_circle_of_jobs_is_refused_with_its_way(api: TestClient) -> None:
    make(api, key="first")
    make(api, key="second", triggers=[{"kind": "job", "job": "first"}])
    make(api, key="third", triggers=[{"kind": "job", "job": "second", "on": "any"}])
    body = {"triggers": [{"kind": "job", "job": "third"}]}
    error = error_of(api.patch(f"{JOBS}/first", json=body), 422, "invalid")
    assert fields(error) == ["triggers.0.job"]
    assert "first after third after second after first" in error["details"][0]["message"]
    itself = {"triggers": [{"kind": "job", "job": "first"}]}
    assert "first after first" in error_of(api.patch(f"{JOBS}/first", json=itself), 422, "invalid")["message"]


def test_only_a_change_of_kind_or_settings_counts_a_trigger_up(api: TestClient, shop: Shop) -> None:
    (trigger,) = make(api, triggers=[CRON])["triggers"]
    same = {"name": "Other", "triggers": [{**CRON, "id": trigger["id"]}]}
    changed = api.patch(f"{JOBS}/nightly_build", json=same).json()
    assert (changed["version"], changed["triggers"][0]["version"]) == (2, 1)
    other = {"triggers": [{**CRON, "id": trigger["id"], "expression": "0 7 * * *"}]}
    changed = api.patch(f"{JOBS}/nightly_build", json=other).json()
    assert (changed["triggers"][0]["id"], changed["triggers"][0]["version"]) == (trigger["id"], 2)
    assert api.patch(f"{JOBS}/nightly_build", json={"triggers": []}).json()["state"] == "manual"
    assert audited(shop) == ["job.added", *["job.changed"] * 3]


def test_a_change_of_what_somebody_else_changed_is_refused(api: TestClient) -> None:
    make(api)
    assert api.patch(f"{JOBS}/nightly_build", json={"version": 1, "owner": "Ada"}).json()["version"] == 2
    error = error_of(api.patch(f"{JOBS}/nightly_build", json={"version": 1, "owner": "Bo"}), 409, "conflict")
    assert fields(error) == ["version"]


def test_an_archived_job_keeps_its_key_and_comes_back_with_nothing_due(api: TestClient, shop: Shop) -> None:
    (trigger,) = make(api, triggers=[CRON])["triggers"]
    archived = api.patch(f"{JOBS}/nightly_build", json={"archived": True}).json()
    assert (archived["state"], archived["triggers"][0]["state"], archived["next_at"]) == (
        "archived",
        "archived",
        None,
    )
    assert api.get(JOBS).json()["total"] == 0
    assert api.get(JOBS, params={"state": "archived"}).json()["total"] == 1
    error_of(api.post(JOBS, json=job(key="nightly_build")), 409, "conflict")
    error_of(api.patch(f"{JOBS}/nightly_build", json={"owner": "Ada"}), 409, "conflict")
    error_of(api.post(f"{JOBS}/nightly_build/runs", json={}), 409, "conflict")
    before = clock.now()
    assert api.patch(f"{JOBS}/nightly_build", json={"archived": False}).json()["archived_at"] is None
    with shop.db.session() as session:
        row = session.get_one(Trigger, trigger["id"])
    assert row.version == 2
    assert row.changed_at >= before
    assert audited(shop) == ["job.added", "job.archived", "job.restored"]


def test_a_copy_has_triggers_of_its_own(api: TestClient) -> None:
    first = make(api, owner="Ada", triggers=[CRON])
    copy = api.post(f"{JOBS}/nightly_build/duplicate", json={}).json()
    assert (copy["name"], copy["key"], copy["owner"]) == (
        "Nightly build (copy)",
        "nightly_build_copy",
        "Ada",
    )
    assert copy["triggers"][0]["expression"] == CRON["expression"]
    assert copy["triggers"][0]["id"] != first["triggers"][0]["id"]


def test_where_a_trigger_stands_is_what_dagster_says(api: TestClient, dagster: Upstream, shop: Shop) -> None:
    (trigger,) = make(api, triggers=[CRON])["triggers"]
    name = trigger["dagster_name"]

    def stands() -> tuple[str, str]:
        found = api.get(f"{JOBS}/nightly_build").json()
        definitions = api.get(f"{BASE}/definitions").json()
        assert found["state"] == found["triggers"][0]["state"]
        return found["state"], definitions["state"]

    assert stands() == ("applying", "applying")
    load(dagster.jobs, name, version=7)
    assert stands() == ("applying", "applying")
    load(dagster.jobs, name)
    assert stands() == ("live", "live")
    load(dagster.jobs, name, running=False)
    assert stands() == ("paused", "live")
    dagster.jobs.failure = "SyntaxError: no"
    assert stands() == ("failed", "failed")
    assert "SyntaxError: no" in api.get(f"{BASE}/definitions").json()["reason"]
    dagster.jobs.failure = None
    dagster.jobs.loaded.clear()
    with shop.db.session() as session:
        problems = {str(trigger["id"]): "it could not be built"}
        session.add(DefinitionLoad(id=1, loaded_at=clock.now(), problems=problems))
    assert stands() == ("failed", "failed")
    found = api.get(f"{JOBS}/nightly_build").json()
    assert found["triggers"][0]["reason"] == "it could not be built"
    assert found["next_at"] is None


def test_what_is_gone_here_and_still_in_dagster_is_applying(api: TestClient, dagster: Upstream) -> None:
    load(dagster.jobs, "shop__gone__cron_9")
    load(dagster.jobs, "other__gone__cron_8", workspace="other")
    found = api.get(f"{BASE}/definitions").json()
    assert (found["state"], found["leaving"]) == ("applying", ["shop__gone__cron_9"])


def test_nobody_knows_while_dagster_is_away(own_client: TestClient, shop: Shop) -> None:
    made = make(own_client, triggers=[CRON])
    assert (made["state"], made["last_runs"]) == ("unknown", None)
    assert own_client.get(f"{BASE}/definitions").json()["state"] == "unknown"
    error_of(own_client.get(f"{JOBS}/nightly_build/history"), 503, "unavailable")
    path = f"{JOBS}/nightly_build/triggers/{made['triggers'][0]['id']}/pause"
    error_of(own_client.post(path), 503, "unavailable")
    assert audited(shop) == ["job.added"]


def test_a_list_asks_dagster_twice_however_long_it_is(api: TestClient, dagster: Upstream) -> None:
    for number in range(60):
        made = make(api, key=f"job_{number}", owner="Ada" if number % 2 else "Bo", triggers=[CRON])
        load(dagster.jobs, made["triggers"][0]["dagster_name"], running=number != 3)
    dagster.jobs.runs = {"job_3": [("r2", "FAILURE"), ("r1", "SUCCESS")]}
    dagster.jobs.asked.clear()
    page = api.get(JOBS, params={"limit": 50}).json()
    assert [name for name in dagster.jobs.asked if name != "Reload"] == ["Definitions", "JobRuns"]
    assert (page["total"], len(page["items"])) == (60, 50)
    rest = api.get(JOBS, params={"limit": 50, "cursor": page["next_cursor"]}).json()
    assert len(rest["items"]) == 10
    (paused,) = api.get(JOBS, params={"state": "paused"}).json()["items"]
    assert [(run["run_id"], run["status"]) for run in paused["last_runs"]] == [
        ("r2", "failed"),
        ("r1", "success"),
    ]
    assert (paused["key"], paused["next_at"]) == ("job_3", None)
    assert api.get(JOBS, params={"owner": "Bo"}).json()["total"] == 30
    assert api.get(JOBS, params={"q": "JOB_5"}).json()["total"] == 11


def test_pausing_here_is_pausing_in_dagster(api: TestClient, dagster: Upstream, shop: Shop) -> None:
    for trigger in make(api, triggers=[CRON, {"kind": "api"}])["triggers"]:
        name = trigger["dagster_name"]
        path = f"{JOBS}/nightly_build/triggers/{trigger['id']}"
        error_of(api.post(f"{path}/pause"), 409, "conflict")
        load(dagster.jobs, name)
        assert api.post(f"{path}/pause").json()["state"] == "paused"
        assert dagster.jobs.loaded[name]["running"] is False
        assert api.post(f"{path}/pause").json()["state"] == "paused"
        assert api.post(f"{path}/resume").json()["state"] == "live"
        assert dagster.jobs.loaded[name]["running"] is True
    assert audited(shop) == ["job.added", *["job.trigger_paused", "job.trigger_resumed"] * 2]


def test_ticks_are_dagsters_with_what_was_decided(api: TestClient, dagster: Upstream, shop: Shop) -> None:
    (trigger,) = make(api, triggers=[CRON])["triggers"]
    name, number = trigger["dagster_name"], trigger["id"]
    load(dagster.jobs, name)
    failed = tick(STARTED - 60, "FAILURE", error={"message": "boom"})
    dagster.jobs.ticks[name] = [tick(STARTED, "SUCCESS", runIds=["r1"]), failed]
    at, old = datetime.fromtimestamp(STARTED, UTC), datetime(2025, 1, 1, tzinfo=UTC)
    with shop.db.session() as session:
        missed = {"outcome": "missed", "reason": "looked at an hour late"}
        session.add(DueTime(trigger_id=number, due_at=at, tick_at=at, outcome="run"))
        session.add(DueTime(trigger_id=number, due_at=old, tick_at=old, **missed))
    items = api.get(f"{JOBS}/nightly_build/ticks").json()["items"]
    assert [(item["status"], item["run_ids"], item["reason"]) for item in items] == [
        ("success", ["r1"], None),
        ("failure", [], "boom"),
        ("unknown", [], None),
    ]
    assert items[0]["due_times"][0]["outcome"] == "run"
    assert items[2]["due_times"] == [{"due_at": "2025-01-01T00:00:00Z", **missed}]


def test_looks_that_found_nothing_are_told_only_if_asked_for(api: TestClient, dagster: Upstream) -> None:
    (trigger,) = make(api, triggers=[{"kind": "api"}])["triggers"]
    name = trigger["dagster_name"]
    load(dagster.jobs, name)
    busy = "call-1: run r1 is not over, and the job's overlap rule is to skip."
    dagster.jobs.ticks[name] = [
        tick(STARTED, "SKIPPED", skipReason=NO_CALL),
        tick(STARTED - 5, "SKIPPED", skipReason=busy),
        tick(STARTED - 10, "SKIPPED", skipReason=NO_ARTIFACTS),
        tick(STARTED - 15, "SKIPPED", skipReason=no_run("up'stream")),
        tick(STARTED - 20, "SUCCESS", runIds=["r1"]),
    ]
    items = api.get(f"{JOBS}/nightly_build/ticks").json()["items"]
    assert [(item["status"], item["reason"]) for item in items] == [("skipped", busy), ("success", None)]
    assert api.get(f"{JOBS}/nightly_build/ticks", params={"idle": True}).json()["total"] == 5


def test_a_run_beside_another_needs_force(api: TestClient, dagster: Upstream) -> None:
    make(api)
    assert api.post(f"{JOBS}/nightly_build/runs", json={}).status_code == 201
    dagster.jobs.runs["nightly_build"] = [("r9", "STARTED"), ("r8", "SUCCESS")]
    error = error_of(api.post(f"{JOBS}/nightly_build/runs", json={}), 409, "conflict")
    assert "r9" in error["message"]
    assert api.post(f"{JOBS}/nightly_build/runs", json={"force": True}).status_code == 201
    sent = [body["variables"]["params"] for body in dagster.bodies if "params" in body["variables"]][-1]
    tags = {tag["key"]: tag["value"] for tag in sent["executionMetadata"]["tags"]}
    assert tags["workbench/job"] == "nightly_build"


def test_a_call_is_noted_once_for_each_key(api: TestClient, dagster: Upstream, shop: Shop) -> None:
    cron, called = make(api, triggers=[CRON, {"kind": "api"}])["triggers"]
    path, header = called["call_path"], {"Idempotency-Key": "a"}
    first = api.post(path, json={"variables": {"day": 1}}, headers=header)
    assert (first.status_code, first.json()["outcome"]) == (202, "waiting")
    assert api.post(path, json={"variables": {"day": 1}}, headers=header).json()["id"] == first.json()["id"]
    error_of(api.post(path, json={"variables": {"day": 2}}, headers=header), 409, "conflict")
    assert api.post(path, json={}).json()["id"] != first.json()["id"]
    error_of(api.post(f"{JOBS}/nightly_build/triggers/{cron['id']}/calls", json={}), 409, "conflict")
    with shop.db.session() as session:
        row = session.get_one(TriggerCall, first.json()["id"])
        row.outcome, row.reason = "skipped", "run r9 is not over"
    found = api.get(f"{path}/{first.json()['id']}").json()
    assert (found["outcome"], found["reason"], found["run_id"]) == ("skipped", "run r9 is not over", None)
    assert audited(shop) == ["job.added", *["job.trigger_called"] * 2]


def test_history_says_how_often_and_how_long(api: TestClient, dagster: Upstream) -> None:
    make(api)
    dagster.jobs.runs["nightly_build"] = [("c", "STARTED"), ("b", "FAILURE"), ("a", "SUCCESS")]
    found = api.get(f"{JOBS}/nightly_build/history").json()
    assert (found["success_rate"], found["median_seconds"], found["trend"]) == (0.5, 60, None)
    assert [run["duration_seconds"] for run in found["runs"]] == [None, 60, 60]


def test_an_expression_is_looked_at_before_it_is_kept(api: TestClient) -> None:
    body = {"expression": "30 2 * * *", "timezone": "Europe/Berlin", "after": "2026-03-28T12:00:00Z"}
    found = api.post(f"{JOBS}/check-cron", json=body).json()
    assert found["words"] == "At 02:30 (Europe/Berlin)"
    assert (found["next_times"][0]["local"], found["next_times"][0]["offset"]) == (
        "2026-03-29T03:00:00",
        "+02:00",
    )
    assert "forward" in found["next_times"][0]["note"]
    error = error_of(api.post(f"{JOBS}/check-cron", json={"expression": "0 0 31 2 *"}), 422, "invalid")
    assert fields(error) == ["expression"]
    assert error["hint"]


def test_what_can_be_chosen_is_told(api: TestClient) -> None:
    make(api, owner="Ada", tags=["finance"])
    found = api.get(f"{JOBS}/options").json()
    assert [kind["name"] for kind in found["kinds"]] == ["cron", "job", "artifacts", "api"]
    assert found["default_timezone"] == "UTC"
    assert "Europe/Berlin" in found["timezones"]
    assert (found["owners"], found["tags"], found["jobs"]) == (
        ["Ada"],
        ["finance"],
        [{"key": "nightly_build", "name": "Nightly build"}],
    )


def test_a_reload_is_asked_for_and_not_waited_for(api: TestClient) -> None:
    response = api.post(f"{BASE}/definitions/reload")
    assert (response.status_code, response.json()["state"]) == (202, "live")
