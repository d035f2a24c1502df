"""Sending one message to one channel, in a bounded time, with an end that is always known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core.kit.settings import Settings
from core.kit.text import storable
from core.notifications import apprise_services, webhook
from core.notifications.addresses import masker_of
from core.notifications.connections import Connections, watched
from core.notifications.models import ChannelKind

LONGEST_REASON: Final = 1000
BAD_NEWS: Final = frozenset({"run_failed", "run_late", "freshness", "test_newly_failing", "ingest_refused"})


class Undelivered(Exception):
    """A message was not taken. `reason` says why, without any secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Message:
    """What is sent, by the id under which receivers know it."""

    delivery: UUID
    kind: str
    at: datetime
    title: str
    body: str
    facts: Mapping[str, Any]


def send(settings: Settings, kind: ChannelKind, values: Mapping[str, Any], message: Message) -> None:
    """Send a message.

    Raises:
        Undelivered: it was not taken, or not in time.
    """
    seconds = float(settings.notifications_timeout_seconds)
    by_instance = kind is ChannelKind.EMAIL and "recipients" in values
    local = by_instance or settings.notifications_local_receivers or not settings.auth_enabled
    connections = Connections(local=local)
    try:
        with watched(connections, seconds):
            _send(settings, kind, values, message, seconds)
            connections.check()
    except Exception as error:  # noqa: BLE001 - a hundred services, each with errors of its own
        raise Undelivered(_reason(error, connections, settings, values)) from None


def _send(
    settings: Settings, kind: ChannelKind, values: Mapping[str, Any], message: Message, seconds: float
) -> None:
    if kind is ChannelKind.WEBHOOK:
        body = webhook.payload(message.kind, message.at, message.title, message.body, message.facts)
        webhook.post(values, message.delivery, body, seconds)
        return
    address = _mail(settings, values, message) if "recipients" in values else values["url"]
    apprise_services.send(
        address, message.title, message.body, failed=message.kind in BAD_NEWS, seconds=seconds
    )


def _mail(settings: Settings, values: Mapping[str, Any], message: Message) -> dict[str, Any]:
    """The address of the instance's mail server, as Apprise takes it in parts."""
    security = {"none": "insecure"}.get(
        settings.notifications_smtp_security, settings.notifications_smtp_security
    )
    parts: dict[str, Any] = {
        "schema": "mailto" if security == "insecure" else "mailtos",
        "host": settings.notifications_smtp_host,
        "smtp_host": settings.notifications_smtp_host,
        "port": settings.notifications_smtp_port,
        "secure_mode": security,
        "from_addr": settings.notifications_smtp_from,
        "targets": list(values["recipients"]),
        "format": "text",
        # The same mail sent twice is one to whoever sorts by this.
        "headers": {"X-Workbench-Delivery": str(message.delivery)},
    }
    if settings.notifications_smtp_user:
        parts["user"] = settings.notifications_smtp_user
        parts["password"] = settings.notifications_smtp_password.get_secret_value()
    return parts


def _reason(error: Exception, connections: Connections, settings: Settings, values: Mapping[str, Any]) -> str:
    said = connections.problem or str(error) or type(error).__name__
    secret = {"secret": settings.notifications_smtp_password.get_secret_value()}
    for masker in (masker_of(values), masker_of(secret)):
        said = masker.mask_text(said)
    return storable(said)[:LONGEST_REASON]
