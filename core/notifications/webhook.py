"""Signed webhooks, as the Standard Webhooks specification has them (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import httpx

from core.notifications.addresses import SECRET_PREFIX

MOST_READ: Final = 64 * 1024
MOST_SENT: Final = 256 * 1024
USER_AGENT: Final = "dbt-workbench"
# It writes whole addresses, which may hold tokens.
logging.getLogger("httpx").setLevel(logging.WARNING)


class Refused(Exception):
    """A receiver did not take a message; says why, and nothing of the address but its answer's status."""


def payload(kind: str, at: datetime, title: str, text: str, facts: Mapping[str, Any]) -> bytes:
    """What is posted: UTF-8 JSON of `{type, timestamp, data}`; see docs/notifications.md."""
    data = {"title": title, "text": text, **facts}
    whole = _spelled(kind, at, data)
    if len(whole) <= MOST_SENT:
        return whole
    # Only lists can be that long.
    lists = {name: [] for name, value in facts.items() if isinstance(value, list)}
    return _spelled(kind, at, {**data, **lists, "is_cut": True})


def _spelled(kind: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    whole = {"type": kind, "timestamp": at.isoformat(), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256, in base64, of id, timestamp and body, joined by dots."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def headers_of(secret: str, message_id: str, body: bytes, timestamp: int | None = None) -> dict[str, str]:
    """The headers by which a receiver knows who sent a body, when, and whether it came before."""
    moment = int(time.time()) if timestamp is None else timestamp
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": signature(secret, message_id, moment, body),
        "content-type": "application/json",
        "user-agent": USER_AGENT,
    }


def post(values: Mapping[str, Any], delivery: UUID, body: bytes, seconds: float) -> None:
    """Post a body to the address of a channel. Redirects are not followed: the signature is for one place.

    Raises:
        Refused: it was not answered with a status from 200 to 299 in time.
    """
    headers = {**(values.get("headers") or {}), **headers_of(values["secret"], str(delivery), body)}
    try:
        with (
            httpx.Client(timeout=seconds, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", values["url"], content=body, headers=headers) as response,
        ):
            _read_a_little(response)
    except httpx.TimeoutException:
        raise Refused(f"It did not answer within {seconds:g} seconds.") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise Refused(f"It cannot be reached: {error or type(error).__name__}.") from None
    if response.is_redirect:
        raise Refused(f"It answered {response.status_code}, a redirect, which is not followed.")
    if not response.is_success:
        raise Refused(f"It answered {response.status_code} {response.reason_phrase}".rstrip() + ".")


def _read_a_little(response: httpx.Response) -> None:
    """So that the receiver is not cut off in the middle of a short answer; a long one is."""
    read = 0
    for chunk in response.iter_raw():
        read += len(chunk)
        if read > MOST_READ:
            return
