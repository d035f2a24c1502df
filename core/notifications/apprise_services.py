"""Apprise, as far as it is used: what an address of it means, and sending by it."""

import logging
from dataclasses import dataclass
from typing import Any, Final

import apprise
from apprise.exception import AppriseException

# They pop up on the server's own screen or write to its log.
LOCAL: Final = frozenset(
    {"syslog", "dbus", "kde", "qt", "glib", "gnome", "macosx", "windows", "blink1", "blink1s"}
)
# Where a host stands in these, it is one; in others a token does.
WITH_HOSTS: Final = frozenset(
    f"{name}{s}"
    for name in ("mailto", "json", "xml", "form", "ntfy", "gotify", "mmost", "matrix", "rocket")
    for s in ("", "s")
)
_ASSET: Final[dict[str, Any]] = {
    "app_id": "dbt Workbench",
    "app_desc": "dbt Workbench",
    "app_url": "",
    "async_mode": False,
    "secure_logging": True,
    "http_redirects": False,
}
# Below warnings it writes whole addresses and messages.
logging.getLogger("apprise").setLevel(logging.WARNING)
logging.getLogger("apprise").addHandler(logging.NullHandler())
logging.getLogger("apprise").propagate = False


class Unusable(Exception):
    """An address that Apprise knows nothing to do with. What it says repeats nothing of the address."""


class NotSent(Exception):
    """Apprise could not send a message; says why in its words, which may repeat secrets."""


@dataclass(frozen=True)
class Service:
    """What an address of Apprise leads to."""

    scheme: str
    name: str
    host: str


def service_of(url: str) -> Service:
    """What an address leads to; those that services themselves give out (https://hooks.slack.com/...) too.

    Raises:
        Unusable: Apprise does not know it, or something is missing in it.
    """
    plugin = _plugin(url)
    words = plugin.url(privacy=True).partition("://")[0]
    host = getattr(plugin, "smtp_host", "") or getattr(plugin, "host", "") or ""
    return Service(words.lower(), str(plugin.service_name), str(host))


def send(url: str | dict[str, Any], title: str, body: str, *, failed: bool, seconds: float) -> None:
    """Send a message to an address, as plain text.

    Raises:
        Unusable: the address is not one (any more).
        NotSent: it was not taken.
    """
    plugin = _plugin(url)
    plugin.socket_connect_timeout = plugin.socket_read_timeout = seconds
    sender = apprise.Apprise(asset=plugin.asset)
    sender.add(plugin)
    kind = apprise.NotifyType.FAILURE if failed else apprise.NotifyType.INFO
    result = sender.notify(
        body=body,
        title=title,
        notify_type=kind,
        body_format=apprise.NotifyFormat.TEXT,
        interpret_escapes=False,
    )
    if not result:
        said = [str(entry.message) for entry in result.logs()]
        raise NotSent(" ".join(said) or "it was not taken, and no reason was given")


def _plugin(url: str | dict[str, Any]) -> Any:
    asset = apprise.AppriseAsset(**_ASSET)
    try:
        plugin = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=False)
    except (AppriseException, TypeError, ValueError) as error:
        raise Unusable("is not complete, or a part of it is not as this service wants it") from error
    if plugin is None:
        raise Unusable("is not an address of a service that Apprise knows")
    return plugin
