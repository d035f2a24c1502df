"""Deliveries to real receivers on this machine: good ones, and every kind of bad one."""

import hashlib
import hmac
import json
import logging
import os
import subprocess
import sys
import threading
import time
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.kit import clock
from core.kit.errors import Conflict
from core.notifications import deliveries, dispatch
from core.notifications.models import Channel, ChannelKind, DeliveryState
from core.notifications.sending import Message, Undelivered, send
from core.workspaces.models import Workspace
from tests.core.building import Shop
from tests.core.notifying import ACTOR, SECRET, Office, office_of, until
from tests.receivers import hanging_receiver, http_receiver, mail_receiver, refusing_port


@pytest.fixture
def office(shop: Shop, tmp_path: Path) -> Office:
    return office_of(shop, tmp_path)


def message(**changes: Any) -> Message:
    given = {"title": "Failed: nightly", "body": "orders: error", "facts": {"event": "run_failed"}}
    return Message(uuid4(), "run_failed", clock.now(), **{**given, **changes})


def refused(office: Office, kind: ChannelKind, values: dict[str, Any]) -> str:
    with pytest.raises(Undelivered) as found:
        send(office.settings, kind, values, message())
    return found.value.reason


def hook(url: str) -> dict[str, Any]:
    return {"url": url, "secret": SECRET, "headers": {"Authorization": "Bearer t0ken-of-the-hook"}}


def send_all(office: Office, seconds: float = 8) -> None:
    """Until nothing is due, or on the way."""
    dispatcher = office.dispatcher()
    until(lambda: dispatcher.send_due(0.2).going_on == 0, seconds)


def test_a_webhook_can_be_verified_as_the_specification_says(office: Office) -> None:
    with http_receiver() as seen:
        office.rule(office.channel(url=f"{seen.url}/dbt?token=abcdef"))
        assert office.happen() == 1
        send_all(office)
    ((path, headers, body),) = seen.requests
    (delivery,) = office.deliveries()
    assert path == "/dbt?token=abcdef"
    assert (delivery.state, delivery.attempts, headers["webhook-id"]) == ("delivered", 1, str(delivery.id))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b64decode(SECRET.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{b64encode(digest).decode()}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    found = json.loads(body)
    assert (found["type"], found["data"]["job"]["key"]) == ("run_failed", "nightly")
    assert found["data"]["causes"][0]["skipped"] == ["model.shop.revenue"]
    assert found["data"]["title"] == delivery.title


@pytest.mark.parametrize(
    ("statuses", "location", "said"),
    [
        ((500,), "", "It answered 500 Internal Server Error."),
        ((302,), "https://elsewhere.example.org/", "It answered 302, a redirect, which is not followed."),
        ((401,), "", "It answered 401 Unauthorized."),
    ],
)
def test_what_does_not_take_a_webhook_says_why(
    office: Office, statuses: tuple[int, ...], location: str, said: str
) -> None:
    with http_receiver(*statuses, location=location) as seen:
        assert refused(office, ChannelKind.WEBHOOK, hook(seen.url)) == said
        assert len(seen.requests) == 1


def test_a_refused_connection_is_said(office: Office) -> None:
    said = refused(office, ChannelKind.WEBHOOK, hook(f"http://127.0.0.1:{refusing_port()}/x"))
    assert said.startswith("It cannot be reached:")


@pytest.mark.parametrize("drip", [False, True])
@pytest.mark.parametrize("kind", [ChannelKind.WEBHOOK, ChannelKind.URL, ChannelKind.EMAIL])
def test_who_hangs_is_cut_off_in_time(office: Office, kind: ChannelKind, *, drip: bool) -> None:
    with hanging_receiver(drip=drip) as port:
        values = {
            ChannelKind.WEBHOOK: hook(f"http://127.0.0.1:{port}/"),
            ChannelKind.URL: {"url": f"json://127.0.0.1:{port}/"},
            ChannelKind.EMAIL: {"url": f"mailto://a:b@127.0.0.1:{port}?to=x@y.org&from=me@y.org"},
        }[kind]
        begun = time.monotonic()
        said = refused(office, kind, values)
        assert time.monotonic() - begun < 3
    # A mail server that begins as an HTTP server does is none.
    assert "within 1 seconds" in said or (drip and kind is ChannelKind.EMAIL)


def test_a_mail_goes_by_the_server_of_the_instance(shop: Shop, tmp_path: Path) -> None:
    with mail_receiver() as box:
        office = office_of(
            shop,
            tmp_path,
            {
                "NOTIFICATIONS_SMTP_HOST": "127.0.0.1",
                "NOTIFICATIONS_SMTP_PORT": box.port,
                "NOTIFICATIONS_SMTP_SECURITY": "none",
                "NOTIFICATIONS_SMTP_FROM": "dbt@example.org",
                # Also where channels may not lead to this machine.
                "AUTH_ENABLED": True,
            },
        )
        office.rule(office.channel("mail", "email", recipients=["ann@example.org", "bob@example.org"]))
        office.happen()
        send_all(office)
    (delivery,) = office.deliveries()
    assert (delivery.state, delivery.last_error) == ("delivered", None)
    assert {to for mail in box.mails for to in mail.rcpt_tos} == {"ann@example.org", "bob@example.org"}
    assert {mail.mail_from for mail in box.mails} == {"dbt@example.org"}
    text = box.mails[0].content.decode()
    assert "Subject: " in text
    assert f"X-Workbench-Delivery: {delivery.id}" in text


def test_a_mail_that_is_not_taken_is_tried_again(office: Office) -> None:
    with mail_receiver("554 no") as box:
        url = f"mailto://127.0.0.1:{box.port}?to=x@y.org&from=me@y.org"
        office.rule(office.channel("mail", "email", url=url))
        office.happen()
        send_all(office)
    (delivery,) = office.deliveries()
    assert (delivery.state, delivery.attempts) == ("retrying", 1)
    assert delivery.last_error


def test_the_waits_double_and_the_fifth_failure_is_the_last(office: Office) -> None:
    with http_receiver(500) as seen:
        office.rule(office.channel(url=seen.url))
        office.happen()
        waits: list[int] = []
        for _ in range(4):
            send_all(office)
            (delivery,) = office.deliveries()
            assert delivery.state == DeliveryState.RETRYING
            assert delivery.attempted_at is not None
            waits.append(round((delivery.next_at - clock.now()).total_seconds()))
            office.due_now()
        send_all(office)
        (dead,) = office.deliveries()
        assert [round(wait / 10) * 10 for wait in waits] == [30, 60, 120, 240]
        assert (dead.state, dead.attempts) == ("dead", 5)
        assert dead.last_error == "It answered 500 Internal Server Error."
        seen.statuses[:] = [204]
        with office.shop.db.session() as session:
            place = session.get_one(Workspace, office.shop.workspace_id)
            deliveries.retry(session, ACTOR, place, dead.id)
        send_all(office)
        assert len({headers["webhook-id"] for _, headers, _ in seen.requests}) == 1
    (again,) = office.deliveries()
    assert (again.state, again.last_error) == ("delivered", None)
    with office.shop.db.session() as session, pytest.raises(Conflict, match="only one that was given up"):
        deliveries.retry(session, ACTOR, session.get_one(Workspace, office.shop.workspace_id), dead.id)


def test_one_that_hangs_holds_up_no_other(shop: Shop, tmp_path: Path) -> None:
    office = office_of(shop, tmp_path, {"NOTIFICATIONS_TIMEOUT_SECONDS": 5})
    with hanging_receiver() as port, http_receiver() as seen:
        bad = office.channel("bad", url=f"http://127.0.0.1:{port}/")
        good = office.channel("good", url=seen.url)
        office.rule(bad, good)
        for number in range(20):
            office.happen(f"run_failed:{number}")
        dispatcher, begun = office.dispatcher(), time.monotonic()
        until(lambda: dispatcher.send_due(0.5).going_on >= 0 and len(seen.requests) == 20, 5)
        assert time.monotonic() - begun < 4
        # Two at once of the one that hangs, and the tick did not wait for them.
        assert dispatcher.send_due(0).going_on == 2
    states = [one.state for one in office.deliveries() if one.channel_name == "good"]
    assert states == ["delivered"] * 20


def test_two_senders_send_each_delivery_once(office: Office) -> None:
    with http_receiver() as seen:
        office.rule(office.channel(url=seen.url))
        for number in range(30):
            office.happen(f"run_failed:{number}")
        senders = [threading.Thread(target=send_all, args=(office,)) for _ in range(2)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        send_all(office)
    ids = [headers["webhook-id"] for _, headers, _ in seen.requests]
    assert len(ids) == len(set(ids)) == 30


KILLED = """
import os
from pathlib import Path
from core.kit.database import Database, make_engine
from core.kit.settings import Settings
from core.notifications.dispatch import Dispatcher
settings = Settings()
def die(*_): os._exit(9)
sender = Dispatcher(settings, Database(make_engine(settings.database_url)))
sender._note = die
sender.send_due(20)
"""


def test_a_sender_killed_before_it_could_note_is_made_good(office: Office) -> None:
    with http_receiver() as seen:
        office.rule(office.channel(url=seen.url))
        office.happen()
        settings = office.settings
        given = {
            "DATABASE_URL": str(settings.database_url),
            "WORKBENCH_DATA": str(settings.data_dir),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PATH": os.defpath,
        }
        killed = subprocess.run([sys.executable, "-c", KILLED], env=given, check=False, timeout=60)
        assert killed.returncode == 9
        (delivery,) = office.deliveries()
        assert (delivery.state, delivery.attempts) == ("waiting", 1)
        send_all(office)
        assert len(seen.requests) == 1, "it is the dead one's for a while"
        office.due_now()
        send_all(office)
    assert [headers["webhook-id"] for _, headers, _ in seen.requests] == [str(delivery.id)] * 2
    assert office.deliveries()[0].state == "delivered"


def test_what_kills_every_sender_is_given_up_too(office: Office) -> None:
    office.rule(office.channel(url="http://127.0.0.1:1/"))
    office.happen()
    for _ in range(6):
        with office.shop.db.session() as session:
            deliveries.claim(session, most=10, per_channel=2)
        office.due_now()
    (delivery,) = office.deliveries()
    assert (delivery.state, delivery.attempts) == ("dead", 5)
    assert delivery.last_error == deliveries.NO_WORD


def test_with_login_channels_do_not_lead_to_this_machine(shop: Shop, tmp_path: Path) -> None:
    office = office_of(shop, tmp_path, {"AUTH_ENABLED": True})
    with http_receiver() as seen:
        for kind, values in (
            (ChannelKind.WEBHOOK, hook(seen.url)),
            (ChannelKind.WEBHOOK, hook(f"http://localhost:{seen.port}/")),
            (ChannelKind.WEBHOOK, hook(f"http://[::ffff:127.0.0.1]:{seen.port}/")),
            (ChannelKind.URL, {"url": f"json://127.0.0.1:{seen.port}/"}),
            (ChannelKind.EMAIL, {"url": f"mailto://127.0.0.1:{seen.port}?to=a@b.org&from=c@b.org"}),
        ):
            assert "NOTIFICATIONS_LOCAL_RECEIVERS" in refused(office, kind, values)
        assert seen.requests == []


def test_no_secret_is_in_a_reason_or_log(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    port = refusing_port()
    tries = (
        (ChannelKind.WEBHOOK, hook(f"http://user:passw0rd@127.0.0.1:{port}/hidden-path?token=hidden-token")),
        (ChannelKind.URL, {"url": f"json://user:passw0rd@127.0.0.1:{port}/hidden-path?+X-Key=hidden-token"}),
        (ChannelKind.URL, {"url": f"ntfy://user:passw0rd@127.0.0.1:{port}/hidden-path"}),
        (ChannelKind.EMAIL, {"url": f"mailto://user:passw0rd@127.0.0.1:{port}?to=a@b.org&from=c@b.org"}),
    )
    said = " ".join(refused(office, kind, values) for kind, values in tries)
    for secret in ("passw0rd", "hidden-path", "hidden-token", "t0ken-of-the-hook", SECRET[6:]):
        assert secret not in said
        assert secret not in caplog.text


def test_a_channel_whose_key_is_lost_says_so(shop: Shop, tmp_path: Path) -> None:
    office = office_of(shop, tmp_path)
    office.rule(office.channel(url="http://127.0.0.1:1/"))
    office.happen()
    (tmp_path / "encryption" / "keys.json").unlink()
    send_all(office_of(shop, tmp_path))
    (delivery,) = office.deliveries()
    assert delivery.state == "retrying"
    assert delivery.last_error is not None
    assert "cannot be decrypted" in delivery.last_error


def test_what_waits_for_a_channel_that_is_off_waits_on(office: Office) -> None:
    with http_receiver() as seen:
        number = office.channel(url=seen.url)
        office.rule(number)
        office.happen()
        with office.shop.db.session() as session:
            session.get_one(Channel, number).enabled = False
        send_all(office)
        assert office.happen("run_failed:2") == 0, "and is told nothing new"
        with office.shop.db.session() as session:
            session.get_one(Channel, number).enabled = True
        send_all(office)
    assert [one.state for one in office.deliveries()] == ["delivered"]


def test_old_events_are_forgotten_and_those_on_their_way_are_not(office: Office) -> None:
    office.rule(office.channel(url="http://127.0.0.1:1/"))
    for number in range(3):
        office.happen(f"run_failed:{number}")
    first = office.deliveries()[0]
    with office.shop.db.session() as session:
        deliveries.note_delivered(session, first.id)
    with office.shop.db.session() as session:
        assert deliveries.forget(session, days=0) == 1
    assert len(office.deliveries()) == 2


def test_while_the_database_is_away_how_it_went_is_not_forgotten(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "NOTE_AGAIN_SECONDS", 0.05)
    noted = deliveries.note_delivered
    away = iter([True, True, True])

    def note(session: Session, delivery_id: UUID) -> None:
        if next(away, False):
            raise OperationalError("select 1", {}, Exception("the server closed the connection"))
        noted(session, delivery_id)

    monkeypatch.setattr(deliveries, "note_delivered", note)
    with http_receiver() as seen:
        office.rule(office.channel(url=seen.url))
        office.happen()
        send_all(office)
    assert len(seen.requests) == 1
    assert [one.state for one in office.deliveries()] == ["delivered"]
