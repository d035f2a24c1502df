"""What a channel is reached by: checked when it is saved, encrypted where it is kept, never given out again.

The settings of a channel, by kind: `email` `{recipients}` (by the mail server of the instance) or `{url}`;
`slack`, `teams`, `url` `{url}`; `webhook` `{url, secret, headers}`.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from core.kit.crypto import Cipher, Undecryptable
from core.kit.errors import FieldError, Invalid
from core.kit.settings import Settings
from core.notifications.apprise_services import LOCAL, WITH_HOSTS, Unusable, service_of
from core.notifications.models import Channel, ChannelKind
from core.runs.masking import Masker

FIELDS: Final = ("recipients", "url", "secret", "headers")
MOST_RECIPIENTS: Final = 50
MOST_HEADERS: Final = 20
LONGEST_URL: Final = 4000
LONGEST_HEADER: Final = 4000
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - how secrets begin
SECRET_BYTES: Final = (24, 64)
# Shorter texts are in every message: masked, they would make a reason unreadable.
SHORTEST_MASKED: Final = 4
_MAIL: Final = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_OURS: Final = re.compile(
    r"webhook-.*|content-(type|length|encoding)|host|connection|transfer-encoding", re.IGNORECASE
)
_SERVICES: Final = {
    ChannelKind.EMAIL: ("mailto", "mailtos"),
    ChannelKind.SLACK: ("slack",),
    ChannelKind.TEAMS: ("msteams", "workflow", "workflows"),
}
_EXAMPLES: Final = {
    ChannelKind.EMAIL: "mailtos://user:password@mail.example.org?to=team@example.org",
    ChannelKind.SLACK: "https://hooks.slack.com/services/T.../B.../...",
    ChannelKind.TEAMS: "the address of a workflow, https://...logic.azure.com/workflows/...",
}


def checked(kind: ChannelKind, values: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The settings of a channel of this kind, out of all that was given for it.

    Raises:
        Invalid: something is missing, wrong or means nothing to this kind; each field is named, no value is
            repeated.
    """
    given = {name: values[name] for name in FIELDS if values.get(name)}
    problems = _check(kind, given, settings)
    if problems:
        said = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
        raise Invalid(f"The channel cannot be used. {said}", details=problems)
    return given


def shown(kind: ChannelKind, values: Mapping[str, Any]) -> str:
    """What may be said of where a channel leads, to whoever reads the workspace."""
    if recipients := values.get("recipients"):
        return ", ".join(recipients)
    if kind is ChannelKind.WEBHOOK:
        return urlsplit(str(values["url"])).hostname or "a webhook"
    service = service_of(str(values["url"]))
    return f"{service.name} at {service.host}" if service.scheme in WITH_HOSTS else service.name


def sealed(cipher: Cipher, values: Mapping[str, Any]) -> str:
    """The settings, encrypted."""
    return cipher.encrypt(json.dumps(dict(values)))


def opened(cipher: Cipher, channel: Channel) -> dict[str, Any]:
    """The settings of a channel, for whoever sends to it.

    Raises:
        Undecryptable: they cannot be read with the keys that are known.
    """
    try:
        return json.loads(cipher.decrypt(channel.secret))
    except Undecryptable as error:
        said = f"The address of the channel {channel.name!r} cannot be decrypted."
        raise Undecryptable(said, hint=f"{error.hint} Or give the address anew.") from None


def masker_of(values: Mapping[str, Any]) -> Masker:
    """Takes everything secret about a channel out of what is said of it."""
    return Masker(text for text in _secrets(values) if len(text) >= SHORTEST_MASKED)


def _secrets(values: Mapping[str, Any]) -> Iterator[str]:
    if secret := values.get("secret"):
        yield from (secret, str(secret).removeprefix(SECRET_PREFIX))
    yield from (values.get("headers") or {}).values()
    if not (url := values.get("url")):
        return
    yield url
    parts = urlsplit(url)
    yield from (text for text in (parts.username, parts.password, parts.query) if text)
    yield unquote(parts.password or "")
    yield from (segment for segment in parts.path.split("/") if len(segment) > SHORTEST_MASKED)
    yield from (value for _, value in parse_qsl(parts.query) if len(value) > SHORTEST_MASKED)
    if parts.scheme not in {"http", "https", *WITH_HOSTS}:
        yield parts.netloc  # a token stands where others have a host


def _check(kind: ChannelKind, given: Mapping[str, Any], settings: Settings) -> list[FieldError]:
    if kind is ChannelKind.WEBHOOK:
        return [*_unused(given, "url", "secret", "headers"), *_check_webhook(given)]
    if kind is not ChannelKind.EMAIL:
        return [*_unused(given, "url"), *_check_url(kind, given.get("url"))]
    if "url" in given:
        return [*_unused(given, "url"), *_check_url(kind, given["url"])]
    return [*_unused(given, "recipients"), *_check_recipients(given, settings)]


def _unused(given: Mapping[str, Any], *used: str) -> list[FieldError]:
    return [FieldError(name, "means nothing to this kind of channel") for name in given if name not in used]


def _check_recipients(given: Mapping[str, Any], settings: Settings) -> Iterator[FieldError]:
    recipients = given.get("recipients", [])
    if not settings.notifications_smtp_host:
        said = "needs a mail server: set NOTIFICATIONS_SMTP_HOST, or give the url of one"
        yield FieldError("recipients", said)
    elif not 1 <= len(recipients) <= MOST_RECIPIENTS:
        yield FieldError("recipients", f"must be from 1 to {MOST_RECIPIENTS} mail addresses")
    for index, one in enumerate(recipients):
        if not _MAIL.fullmatch(str(one)):
            yield FieldError(f"recipients.{index}", "is not a mail address")


def _check_url(kind: ChannelKind, url: str | None) -> list[FieldError]:
    example = f", such as {_EXAMPLES[kind]}" if kind in _EXAMPLES else ": https://appriseit.com/services"
    if not url:
        return [FieldError("url", f"is needed{example}")]
    if len(url) > LONGEST_URL or not url.isprintable():
        return [FieldError("url", f"must be at most {LONGEST_URL} printable characters")]
    try:
        service = service_of(url)
    except Unusable as error:
        return [FieldError("url", f"{error}{example}")]
    if service.scheme in LOCAL:
        return [FieldError("url", f"{service.scheme}:// would reach this server only, and nobody")]
    if service.scheme not in _SERVICES.get(kind, (service.scheme,)):
        return [FieldError("url", f"is one of {service.name}{example}")]
    return []


def _check_webhook(given: Mapping[str, Any]) -> Iterator[FieldError]:
    try:
        parts = urlsplit(str(given.get("url", "")))
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or len(given["url"]) > LONGEST_URL or not given["url"].isprintable():
        yield FieldError("url", "must be an address such as https://hooks.example.org/dbt")
    if not _is_secret(str(given.get("secret", ""))):
        least, most = SECRET_BYTES
        said = f"must be {SECRET_PREFIX} and {least} to {most} random bytes in base64"
        yield FieldError("secret", said)
    yield from _check_headers(given.get("headers", {}))


def _check_headers(headers: Mapping[str, str]) -> Iterator[FieldError]:
    if len(headers) > MOST_HEADERS:
        yield FieldError("headers", f"at most {MOST_HEADERS}")
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or _OURS.fullmatch(name):
            yield FieldError("headers", "one of the names is not a header, or one that is set by us")
        elif len(value) > LONGEST_HEADER or not value.isascii() or not value.isprintable():
            yield FieldError(
                f"headers.{name}", f"must be at most {LONGEST_HEADER} printable ASCII characters"
            )


def _is_secret(secret: str) -> bool:
    least, most = SECRET_BYTES
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith(SECRET_PREFIX) and least <= len(key) <= most
