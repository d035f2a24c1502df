"""Channels, rules and deliveries over HTTP; and that no secret comes back by any way."""

import base64
import json
import logging
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from core.audit.models import AuditLog
from core.notifications.models import Delivery
from core.schedules.models import Job
from tests.api.conftest import address_of, client_of, settings_of
from tests.api.shape import error_of, fields
from tests.core.building import Shop
from tests.core.notifying import SECRET, Office, office_of
from tests.receivers import http_receiver, mail_receiver

PLACE = "/api/workspaces/shop/notifications"
CHANNELS, RULES, DELIVERIES = f"{PLACE}/channels", f"{PLACE}/rules", f"{PLACE}/deliveries"
HIDDEN = "hidden-token-of-the-hook"
HOOK = {
    "name": "hook",
    "kind": "webhook",
    "url": f"https://me:{HIDDEN}@hooks.example.org/{HIDDEN}?k={HIDDEN}",
    "secret": SECRET,
    "headers": {"Authorization": f"Bearer {HIDDEN}"},
}


def made(client: TestClient, **changes: Any) -> int:
    answer = client.post(CHANNELS, json={**HOOK, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture
def office(shop: Shop, tmp_path: Path) -> Office:
    return office_of(shop, tmp_path)


def test_an_address_goes_in_and_never_comes_out(
    own_client: TestClient, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    number = made(own_client)
    changed = own_client.patch(f"{CHANNELS}/{number}", json={"url": f"https://other.example.org/{HIDDEN}"})
    refused = own_client.post(
        CHANNELS, json={**HOOK, "name": "b", "secret": HIDDEN, "url": f"ftp://{HIDDEN}"}
    )
    assert fields(error_of(refused, 422, "invalid")) == ["url", "secret"]
    malformed = own_client.post(CHANNELS, json={**HOOK, "url": {"x": HIDDEN}, "secret": [HIDDEN]})
    assert malformed.status_code == 422
    listed = own_client.get(CHANNELS)
    (item,) = listed.json()["items"]
    assert (item["leads_to"], item["kind"], item["enabled"], item["rules"]) == (
        "other.example.org",
        "webhook",
        True,
        0,
    )
    with shop.db.session() as session:
        rows = session.scalars(sa.select(AuditLog)).all()
        audit = json.dumps([[row.subject, row.before, row.after, row.data] for row in rows])
    said = " ".join(answer.text for answer in (changed, refused, malformed, listed))
    for text in (said, audit, caplog.text):
        assert HIDDEN not in text
        assert SECRET[6:] not in text
        assert base64.b64encode(HIDDEN.encode()).decode() not in text


def test_a_test_says_what_really_happened(own_client: TestClient, shop: Shop) -> None:
    with http_receiver(204, 500) as seen:
        number = made(own_client, url=f"{seen.url}/{HIDDEN}")
        good = own_client.post(f"{CHANNELS}/{number}/test").json()
        bad = own_client.post(f"{CHANNELS}/{number}/test").json()
    assert (good["delivered"], good["error"]) == (True, None)
    assert (bad["delivered"], bad["error"]) == (False, "It answered 500 Internal Server Error.")
    ((_, _, body), _) = seen.requests
    found = json.loads(body)
    assert (found["type"], found["data"]["workspace"]["key"]) == ("test", "shop")
    with shop.db.session() as session:
        tested = sa.select(AuditLog.data).where(AuditLog.tag == "notification.channel_tested")
        assert [row["delivered"] for row in session.scalars(tested.order_by(AuditLog.id))] == [True, False]
    error_of(own_client.post(f"{CHANNELS}/999/test"), 404, "not_found")


def test_recipients_need_a_mail_server(own_client: TestClient, shop: Shop, tmp_path: Path) -> None:
    mail = {"name": "mail", "kind": "email", "recipients": ["ann@example.org"]}
    refused = error_of(own_client.post(CHANNELS, json=mail), 422, "invalid")
    assert "NOTIFICATIONS_SMTP_HOST" in refused["message"]
    with mail_receiver() as box:
        settings = settings_of(address_of(shop), tmp_path).model_copy(
            update={
                "notifications_smtp_host": "127.0.0.1",
                "notifications_smtp_port": box.port,
                "notifications_smtp_security": "none",
                "notifications_smtp_from": "dbt@example.org",
            }
        )
        with client_of(settings) as client:
            assert client.get(CHANNELS).json()["has_mail_server"]
            number = client.post(CHANNELS, json=mail).json()["id"]
            assert client.post(f"{CHANNELS}/{number}/test").json()["delivered"]
    assert [mail.rcpt_tos for mail in box.mails] == [["ann@example.org"]]


def test_a_rule_from_making_to_removing(own_client: TestClient, shop: Shop) -> None:
    number = made(own_client)
    with shop.db.session() as session:
        job = Job(
            workspace_id=shop.workspace_id, key="nightly", name="Nightly", steps=[], owner="ann", tags=["x"]
        )
        job.created_by = job.updated_by = "ann"
        session.add(job)
    options = own_client.get(f"{PLACE}/options").json()
    assert (options["jobs"], options["tags"], options["owners"]) == (
        [{"key": "nightly", "name": "Nightly"}],
        ["x"],
        ["ann"],
    )
    assert options["environments"] == ["dev", "prod"]
    rule = {"name": "nights", "events": ["run_failed"], "channels": [number], "job": "nightly"}
    answer = own_client.post(RULES, json={**rule, "environment": "prod"})
    assert answer.status_code == 201
    one = answer.json()
    assert (one["job"], one["environment"], one["enabled"]) == ("nightly", "prod", True)
    changed = own_client.patch(f"{RULES}/{one['id']}", json={"environment": None, "enabled": False}).json()
    assert (changed["environment"], changed["enabled"], changed["job"]) == (None, False, "nightly")
    error_of(own_client.post(RULES, json=rule), 409, "conflict")
    error_of(own_client.delete(f"{CHANNELS}/{number}"), 409, "conflict")
    assert own_client.delete(f"{RULES}/{one['id']}").status_code == 204
    assert own_client.get(RULES).json() == {"items": [], "total": 0}
    assert own_client.delete(f"{CHANNELS}/{number}").status_code == 204


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"job": "nobody"}, "job"),
        ({"environment": "nowhere"}, "environment"),
        ({"channels": [9999]}, "channels"),
        ({"events": ["nonsense"]}, "events.0"),
        ({"events": []}, "events"),
        ({"title_template": "{{ run.nope }}"}, "title_template"),
        ({"body_template": "a\n{{ jb }}"}, "body_template"),
        ({"body_template": "x" * 20_001}, "body_template"),
    ],
)
def test_a_wrong_rule_is_refused_by_field(
    own_client: TestClient, shop: Shop, values: dict[str, Any], field: str
) -> None:
    rule = {"name": "r", "events": ["run_failed"], "channels": [made(own_client)], **values}
    answer = own_client.post(RULES, json=rule)
    assert answer.status_code == 422
    assert field in {detail["field"].removeprefix("body.") for detail in answer.json()["error"]["details"]}


def test_a_preview_is_of_an_example(own_client: TestClient, shop: Shop) -> None:
    preview = f"{RULES}/preview"
    ours = own_client.post(preview, json={"event": "run_failed"}).json()
    assert ours["title"] == "Failed: Nightly build (Shop, prod)"
    mine = {"event": "run_failed", "title_template": "{{ failed_total }} failed in {{ workspace.key }}"}
    assert own_client.post(preview, json=mine).json()["title"] == "1 failed in shop"
    wrong = {**mine, "events": ["run_failed", "ingest_refused"], "title_template": "\n{{ run.id }}"}
    (detail,) = error_of(own_client.post(preview, json=wrong), 422, "invalid")["details"]
    assert detail["message"].startswith("line 2: for ingest_refused")


def test_the_log_and_sending_again(own_client: TestClient, shop: Shop, office: Office) -> None:
    first, second = (
        office.channel("a", url="https://a.example.org"),
        office.channel("b", url="https://b.example.org"),
    )
    office.rule(first, second)
    for number in range(3):
        office.happen(f"run_failed:{number}", run_id=str(number))
    with shop.db.session() as session:
        one = session.scalars(sa.select(Delivery).where(Delivery.channel_name == "a")).first()
        assert one is not None
        one.state, one.last_error, one.attempts = "dead", "It answered 500.", 5
        dead = str(one.id)
    whole = own_client.get(DELIVERIES, params={"limit": 4}).json()
    assert (whole["total"], len(whole["items"])) == (6, 4)
    assert whole["states"] == {"waiting": 5, "retrying": 0, "delivered": 0, "dead": 1}
    rest = own_client.get(DELIVERIES, params={"limit": 4, "cursor": whole["next_cursor"]}).json()
    assert len({item["id"] for item in whole["items"] + rest["items"]}) == 6
    (item,) = own_client.get(DELIVERIES, params={"state": "dead", "channel": first}).json()["items"]
    assert (item["id"], item["last_error"], item["next_at"]) == (dead, "It answered 500.", None)
    assert own_client.get(DELIVERIES, params={"run": "2"}).json()["total"] == 2
    assert own_client.get(DELIVERIES, params={"event": "run_late"}).json()["total"] == 0
    again = own_client.post(f"{DELIVERIES}/{dead}/retry").json()
    assert (again["state"], again["attempts"]) == ("waiting", 0)
    error_of(own_client.post(f"{DELIVERIES}/{dead}/retry"), 409, "conflict")
    nobody = "00000000-0000-4000-8000-000000000000"
    error_of(own_client.post(f"{DELIVERIES}/{nobody}/retry"), 404, "not_found")


def test_in_an_archived_workspace_nothing_changes(own_client: TestClient, shop: Shop) -> None:
    number = made(own_client)
    own_client.post("/api/workspaces/shop/archive")
    for answer in (
        own_client.post(CHANNELS, json={**HOOK, "name": "b"}),
        own_client.post(f"{CHANNELS}/{number}/test"),
        own_client.patch(f"{CHANNELS}/{number}", json={"enabled": False}),
    ):
        error_of(answer, 409, "conflict")
    assert own_client.get(CHANNELS).json()["total"] == 1
