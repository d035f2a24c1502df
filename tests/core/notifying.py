"""Channels, rules and events for tests of notifications."""

import base64
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.auth.actor import local_admin
from core.kit import clock
from core.kit.crypto import Cipher
from core.kit.settings import Settings
from core.notifications import channels, rules
from core.notifications.dispatch import Dispatcher
from core.notifications.examples import JOB, example_of
from core.notifications.models import Channel, Delivery, EventKind, Rule
from core.notifications.telling import Happening, rules_in_use, tell
from core.workspaces.models import Workspace
from tests.core.building import Shop

SECRET = "whsec_" + base64.b64encode(b"thirty-two-bytes-of-signing-key!").decode()
ACTOR = local_admin()


@dataclass
class Office:
    """A shop with settings for sending."""

    shop: Shop
    settings: Settings

    @property
    def cipher(self) -> Cipher:
        return Cipher(self.settings)

    def channel(self, name: str = "hook", kind: str = "webhook", **values: Any) -> int:
        if kind == "webhook":
            values = {"secret": SECRET, **values}
        with self.shop.db.session() as session:
            place = session.get_one(Workspace, self.shop.workspace_id)
            given = {"name": name, "kind": kind, **values}
            return channels.create(session, ACTOR, place, given, self.cipher, self.settings).id

    def rule(
        self, *channel_ids: int, name: str = "rule", events: Any = ("run_failed",), **values: Any
    ) -> int:
        with self.shop.db.session() as session:
            place = session.get_one(Workspace, self.shop.workspace_id)
            given = {"name": name, "events": list(events), "channels": list(channel_ids), **values}
            return rules.create(session, ACTOR, place, given).id

    def happen(self, key: str = "run_failed:1", kind: EventKind = EventKind.RUN_FAILED, **more: Any) -> int:
        facts = more.pop("facts", None) or (lambda: example_of(kind))
        values = {"environment": "dev", "job": JOB, "run_id": "1", **more}
        happening = Happening(self.shop.workspace_id, key, kind, clock.now(), facts, **values)
        with self.shop.db.session() as session:
            return tell(session, rules_in_use(session), happening)

    def deliveries(self) -> list[Delivery]:
        with self.shop.db.session() as session:
            return list(session.scalars(sa.select(Delivery).order_by(Delivery.created_at, Delivery.id)))

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(self.settings, self.shop.db)

    def change(self, **values: Any) -> None:
        """Change every delivery."""
        with self.shop.db.session() as session:
            session.execute(sa.update(Delivery).values(**values))

    def due_now(self) -> None:
        """Whatever waits need not wait any longer."""
        self.change(next_at=sa.func.now() - sa.text("interval '1 second'"))

    def row(self, kind: type[Channel] | type[Rule], number: int) -> Any:
        with self.shop.db.session() as session:
            return session.get_one(kind, number)


def office_of(shop: Shop, folder: Path, changes: Mapping[str, Any] | None = None) -> Office:
    url = shop.db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "", 1)
    given = {"NOTIFICATIONS_TIMEOUT_SECONDS": 1, "NOTIFICATIONS_RETRY_SECONDS": 30, **(changes or {})}
    return Office(shop, Settings.model_validate({"DATABASE_URL": url, "WORKBENCH_DATA": folder, **given}))


def until(condition: Any, seconds: float = 10) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)


def random_secret() -> str:
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()
