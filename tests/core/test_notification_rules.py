"""Channels, rules, templates, and which events become deliveries."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.audit.models import AuditLog
from core.kit.crypto import add_key
from core.kit.errors import Conflict, Invalid
from core.notifications import channels, rules, templates
from core.notifications.examples import JOB, example_of, least_of
from core.notifications.facts import JobFacts
from core.notifications.models import Channel, EventKind, Rule
from core.notifications.webhook import MOST_SENT, payload
from core.workspaces.models import Workspace
from tests.core.building import Shop
from tests.core.notifying import ACTOR, SECRET, Office, office_of


@pytest.fixture
def office(shop: Shop, tmp_path: Path) -> Office:
    return office_of(shop, tmp_path)


HOOK = {
    "url": "https://user:hush@hooks.example.org/hidden?k=hidden-token",
    "headers": {"X-Key": "hidden-key"},
}
SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


@pytest.mark.parametrize(
    ("kind", "values", "shown", "secrets"),
    [
        ("webhook", {**HOOK, "secret": SECRET}, "hooks.example.org", ("hush", "hidden", SECRET[6:])),
        ("slack", {"url": SLACK}, "Slack", ("T1JJ3T3L2", "TIiajkdnlazkcOXrIdevi7FQ")),
        (
            "teams",
            {
                "url": "https://prod-01.westus.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/"
                "triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0"
                "&sig=hidden-signature"
            },
            "Power Automate / Workflows (for MSTeams)",
            ("hidden-signature", "643e69f8"),
        ),
        (
            "email",
            {"url": "mailtos://me:hidden-pass@mail.example.org?to=team@example.org"},
            "E-Mail at mail.example.org",
            ("hidden-pass",),
        ),
        (
            "url",
            {"url": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"},
            "Discord",
            ("4174216298", "JHMHI"),
        ),
    ],
)
def test_an_address_goes_in_and_never_comes_out(
    office: Office, kind: str, values: dict[str, Any], shown: str, secrets: tuple[str, ...]
) -> None:
    channel = office.row(Channel, office.channel("it", kind, **values))
    assert channel.shown == shown
    with office.shop.db.session() as session:
        rows = session.scalars(sa.select(AuditLog)).all()
        audit = json.dumps([[row.subject, row.before, row.after, row.data] for row in rows])
    said = f"{channel.shown} {channel.secret} {audit}"
    assert "notification.channel_added" in [row.tag for row in rows]
    for secret in secrets:
        assert secret not in said


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("webhook", {"url": "ftp://x.example.org"}, "url"),
        ("webhook", {"url": "https://"}, "url"),
        ("webhook", {"url": "https://x.example.org:99999"}, "url"),
        ("webhook", {"url": "https://x.example.org", "secret": "whsec_c2hvcnQ="}, "secret"),
        ("webhook", {"url": "https://x.example.org", "secret": "hidden"}, "secret"),
        ("webhook", {"url": "https://x.example.org", "headers": {"webhook-id": "1"}}, "headers"),
        ("webhook", {"url": "https://x.example.org", "headers": {"X-A": "a\nb"}}, "headers.X-A"),
        ("slack", {"url": "https://example.org/hidden-token"}, "url"),
        ("slack", {"url": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"}, "url"),
        ("slack", {}, "url"),
        ("url", {"url": "syslog://"}, "url"),
        ("url", {"url": "nonsense"}, "url"),
        ("url", {"url": SLACK, "recipients": ["a@b.org"]}, "recipients"),
        ("email", {"recipients": ["ann@example.org"]}, "recipients"),
    ],
)
def test_a_wrong_address_is_refused_by_field_and_not_repeated(
    office: Office, kind: str, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as found:
        office.channel("it", kind, **values)
    assert field in [detail.field for detail in found.value.details]
    said = f"{found.value.message} {[detail.message for detail in found.value.details]}"
    assert "hidden" not in said
    assert "JHMHI" not in said


def test_of_a_webhook_what_is_not_given_stays(office: Office) -> None:
    number = office.channel(**HOOK)
    with office.shop.db.session() as session:
        place = session.get_one(Workspace, office.shop.workspace_id)
        channel = channels.get(session, place.id, number)
        values = {"url": "https://other.example.org/"}
        channels.change(session, ACTOR, place, channel, values, office.cipher, office.settings)
        kept = channels.opened(office.cipher, channel)
    assert kept == {"url": "https://other.example.org/", "secret": SECRET, "headers": {"X-Key": "hidden-key"}}


def test_a_channel_that_a_rule_needs_stays(office: Office) -> None:
    first, second = office.channel("a", **HOOK), office.channel("b", **HOOK)
    office.rule(first, name="only a")
    office.rule(first, second, name="both")
    office.happen()
    with office.shop.db.session() as session:
        place = session.get_one(Workspace, office.shop.workspace_id)
        with pytest.raises(Conflict, match="only a"):
            channels.remove(session, ACTOR, place, channels.get(session, place.id, first))
        channels.remove(session, ACTOR, place, channels.get(session, place.id, second))
    gone = next(one for one in office.deliveries() if one.channel_name == "b")
    assert (gone.state, gone.channel_id, gone.last_error) == ("dead", None, "The channel b was removed.")


@pytest.mark.parametrize(
    ("values", "event", "count"),
    [
        ({}, {}, 1),
        ({}, {"kind": EventKind.RUN_SUCCEEDED}, 0),
        ({"job": "nightly"}, {}, 1),
        ({"job": "other"}, {}, 0),
        ({"job": "nightly"}, {"job": None}, 0),
        ({"tag": "finance"}, {}, 1),
        ({"tag": "finance"}, {"job": JobFacts("nightly", "Nightly", "x", ("hr",))}, 0),
        ({"owner": "data@example.org"}, {}, 1),
        ({"owner": "somebody"}, {}, 0),
        ({"environment": "dev"}, {}, 1),
        ({"environment": "dev"}, {"environment": "prod"}, 0),
        ({}, {"again": True}, 0),
        ({"every_attempt": True}, {"again": True}, 1),
        ({"enabled": False}, {}, 0),
    ],
)
def test_a_rule_is_about_what_it_says(
    office: Office, values: dict[str, Any], event: dict[str, Any], count: int
) -> None:
    enabled = values.pop("enabled", True)
    number = office.rule(office.channel(**HOOK), **values)
    with office.shop.db.session() as session:
        session.get_one(Rule, number).enabled = enabled
    assert office.happen(**event) == count
    assert len(office.deliveries()) == count


def test_an_event_is_told_once_to_each_channel(office: Office) -> None:
    first, second = office.channel("a", **HOOK), office.channel("b", **HOOK)
    office.rule(first, name="one", title_template="one")
    office.rule(first, second, name="two", title_template="two")
    assert office.happen() == 2
    assert office.happen() == 0
    assert {(one.channel_name, one.title) for one in office.deliveries()} == {("a", "one"), ("b", "two")}


def test_a_template_that_does_not_render_costs_only_itself(office: Office) -> None:
    number = office.rule(office.channel(**HOOK), title_template="{{ job.name if job }} failed")
    with office.shop.db.session() as session:
        session.get_one(Rule, number).title_template = "{{ run.id.gone }}"
    assert office.happen() == 1
    (delivery,) = office.deliveries()
    assert delivery.title == "Failed: Nightly build (Shop, prod)"
    assert delivery.note is not None
    assert "has no attribute 'gone'" in delivery.note


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ run.url", "line 1:"),
        ("a\nb {{ jb.name }}", "line 2: there is no 'jb'; did you mean job?"),
        ("\n{{ run.nope }}", "line 2: for run_failed, 'dict object' has no attribute 'nope'"),
        ("{{ job.name }}", "line 1: for a bare run_failed, 'None' has no attribute 'name'"),
        ("{{ 'a' * 999999999 }}", "'*' is not allowed"),
        ("{% set x = 1 %}", "{% set %} is not allowed"),
        ("{{ url.upper() }}", "a call is not allowed"),
        ("{{ url | center(99999999) }}", "there is no filter 'center'"),
        ("{% include 'x' %}", "is not allowed"),
        ("{{ url.__class__.__mro__ }}", "unsafe"),
        (
            "{% for a in causes %}" * 3 + "{% endfor %}" * 3,
            "2 deep",
        ),
        ("x" * 20_001, "at most 20000"),
    ],
)
def test_a_template_is_checked_when_it_is_saved(office: Office, text: str, said: str) -> None:
    with pytest.raises(Invalid) as found:
        office.rule(office.channel(**HOOK), body_template=text)
    (detail,) = found.value.details
    assert detail.field == "body_template"
    assert said in detail.message


def test_with_a_filter_by_job_there_always_is_a_job(office: Office) -> None:
    office.rule(office.channel(**HOOK), tag="finance", body_template="{{ job.name }}")


@pytest.mark.parametrize("kind", list(EventKind))
def test_our_own_words_say_something_of_everything(kind: EventKind) -> None:
    for facts in (example_of(kind), least_of(kind, has_job=False)):
        words = templates.render(None, None, facts)
        assert words.problem is None
        assert words.title.endswith(")")
        assert facts["url"] in words.body
        assert "None" not in words.title + words.body


def test_a_message_of_dbt_calls_nobody_together() -> None:
    facts = {**example_of(EventKind.RUN_FAILED), "message": "<!channel> @everyone <@U123> a@b.org"}
    body = templates.render(None, "{{ message }}", facts).body
    assert "<!channel>" not in body
    assert "@everyone" not in body
    assert "<@U123>" not in body
    assert "a@b.org" in body


def test_a_payload_has_bounds() -> None:
    facts = {"causes": [{"message": "x" * 1000}] * 1000, "event": "run_failed", "failed_total": 1000}
    body = payload("run_failed", example_at(), "t", "b", facts)
    assert len(body) < MOST_SENT
    assert json.loads(body)["data"] == {
        "title": "t",
        "text": "b",
        "causes": [],
        "event": "run_failed",
        "failed_total": 1000,
        "is_cut": True,
    }


def example_at() -> Any:
    from core.notifications.examples import AT  # noqa: PLC0415

    return AT


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"events": []}, "events"),
        ({"channels": [999]}, "channels"),
        ({"environment": "nowhere"}, "environment"),
        ({"events": ["ingest_refused"], "owner": "ann"}, "events"),
        ({"name": " "}, "name"),
    ],
)
def test_a_rule_that_tells_nobody_anything_is_refused(
    office: Office, values: dict[str, Any], field: str
) -> None:
    number = office.channel(**HOOK)
    given = {"name": "r", "events": ["run_failed"], "channels": [number], **values}
    with office.shop.db.session() as session, pytest.raises(Invalid) as found:
        rules.create(session, ACTOR, session.get_one(Workspace, office.shop.workspace_id), given)
    assert field in [detail.field for detail in found.value.details]


def test_the_example_has_the_job_of_the_tests() -> None:
    assert example_of(EventKind.RUN_FAILED)["job"]["key"] == JOB.key


def test_a_rotation_encrypts_every_address_anew(office: Office) -> None:
    number = office.channel(**HOOK)
    before = office.row(Channel, number).secret
    add_key(office.settings)
    with office.shop.db.session() as session:
        assert channels.encrypt_anew(session, office.cipher) == 1
    after = office.row(Channel, number)
    assert after.secret != before
    assert channels.opened(office.cipher, after)["headers"] == {"X-Key": "hidden-key"}
