"""Sending what is due, from several threads, so that a receiver that hangs holds up nobody else.

A thread claims nothing itself: it is given a claimed delivery, sends it in a bounded time, and notes how that
went. If it cannot (the database is away), it tries for as long as the delivery is its own.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.kit.crypto import Cipher, Undecryptable
from core.kit.database import Database
from core.kit.settings import Settings
from core.notifications import deliveries
from core.notifications.addresses import opened
from core.notifications.deliveries import LEASE_SECONDS, Claimed
from core.notifications.models import ChannelKind
from core.notifications.sending import Message, Undelivered, send

AT_ONCE: Final = 16
PER_CHANNEL: Final = 2
NOTE_AGAIN_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 0.05
log = logging.getLogger("workbench.notifications")


@dataclass(frozen=True)
class Progress:
    """What became of the deliveries of one call; those that still go on end by themselves."""

    delivered: int
    failed: int
    going_on: int


class Dispatcher:
    """Sends what is due. One for a process; several processes do not send the same."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._settings = settings
        self._db = db
        self._cipher = Cipher(settings)
        self._lock = threading.Lock()
        self._busy: Counter[int] = Counter()
        self._done: Counter[str] = Counter()
        self._ended = False

    def send_due(self, seconds: float) -> Progress:
        """Send what is due now, for so many seconds at most; slow receivers are left to their threads."""
        until = time.monotonic() + seconds
        self._begin()
        while self._going_on() and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
            if self._has_room():
                self._begin()
        with self._lock:
            done, self._done = self._done, Counter()
        return Progress(done["delivered"], done["failed"], self._going_on())

    def _going_on(self) -> int:
        with self._lock:
            return self._busy.total()

    def _has_room(self) -> bool:
        """Whether one ended since the last claim: claiming all the time would only load the database."""
        with self._lock:
            ended, self._ended = self._ended, False
            return ended and self._busy.total() < AT_ONCE

    def _begin(self) -> None:
        with self._lock:
            busy = {channel: count for channel, count in self._busy.items() if count}
            room = AT_ONCE - sum(busy.values())
        if room <= 0:
            return
        with self._db.session() as session:
            claimed = deliveries.claim(session, most=room, per_channel=PER_CHANNEL, busy=busy)
        for one in claimed:
            with self._lock:
                self._busy[one.channel.id] += 1
            threading.Thread(
                target=self._carry_out, args=(one,), name=f"deliver-{one.id}", daemon=True
            ).start()

    def _carry_out(self, one: Claimed) -> None:
        outcome = "failed"
        try:
            outcome = self._attempt(one)
        except Exception:
            log.exception("how delivery %s went could not be noted; it is sent again", one.id)
        finally:
            with self._lock:
                self._busy[one.channel.id] -= 1
                self._done[outcome] += 1
                self._ended = True

    def _attempt(self, one: Claimed) -> str:
        begun = time.monotonic()
        error = self._send(one)
        until = begun + LEASE_SECONDS
        while True:
            try:
                with self._db.session() as session:
                    self._note(session, one, error)
            except SQLAlchemyError:
                if time.monotonic() > until:
                    raise
                time.sleep(NOTE_AGAIN_SECONDS)
            else:
                return "failed" if error else "delivered"

    def _send(self, one: Claimed) -> str | None:
        """Send it; None, or why it was not taken."""
        message = Message(one.id, one.kind, one.at, one.title, one.body, dict(one.facts))
        try:
            values: Mapping[str, object] = opened(self._cipher, one.channel)
            send(self._settings, ChannelKind(one.channel.kind), values, message)
        except Undecryptable as error:
            return f"{error.message} {error.hint or ''}".strip()
        except Undelivered as error:
            return error.reason
        return None

    def _note(self, session: Session, one: Claimed, error: str | None) -> None:
        if error is None:
            deliveries.note_delivered(session, one.id)
        else:
            again = self._settings.notifications_retry_seconds
            deliveries.note_failed(session, one.id, one.attempt, error, retry_seconds=again)
