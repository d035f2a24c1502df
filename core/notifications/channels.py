"""Channels of a workspace: making, changing, testing and removing them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth.actor import Actor
from core.kit import clock
from core.kit.crypto import Cipher
from core.kit.errors import Conflict, FieldError, Invalid, NotFound
from core.kit.settings import Settings
from core.kit.text import storable
from core.notifications.addresses import FIELDS, checked, opened, sealed, shown
from core.notifications.deliveries import bury_of_channel
from core.notifications.facts import Links, facts_of
from core.notifications.models import Channel, ChannelKind, Rule
from core.notifications.sending import Message
from core.workspaces.models import Workspace
from core.workspaces.service import check_in_use

LONGEST_NAME: Final = 100
MOST: Final = 100
TEST: Final = "test"


def channels_of(session: Session, workspace_id: int) -> list[Channel]:
    """Every channel of a workspace, by name."""
    query = sa.select(Channel).where(Channel.workspace_id == workspace_id)
    return list(session.scalars(query.order_by(sa.func.lower(Channel.name), Channel.id)))


def get(session: Session, workspace_id: int, channel_id: int) -> Channel:
    """One channel.

    Raises:
        NotFound: the workspace has no such channel.
    """
    query = sa.select(Channel).where(Channel.workspace_id == workspace_id, Channel.id == channel_id)
    channel = session.scalar(query)
    if channel is None:
        raise NotFound(f"There is no channel {channel_id} in this workspace.")
    return channel


def create(
    session: Session,
    actor: Actor,
    workspace: Workspace,
    values: Mapping[str, Any],
    cipher: Cipher,
    settings: Settings,
) -> Channel:
    """Make a channel.

    Raises:
        Invalid: a value is wrong; its field is named, and no value is repeated.
        Conflict: the name is taken, or the workspace is archived.
    """
    check_in_use(workspace)
    existing = channels_of(session, workspace.id)
    if len(existing) >= MOST:
        raise Conflict(f"A workspace has at most {MOST} channels.")
    kind = ChannelKind(values["kind"])
    channel = Channel(workspace_id=workspace.id, kind=kind, created_by=_by(actor), updated_by=_by(actor))
    channel.name = _free_name(existing, None, values["name"])
    channel.enabled = bool(values.get("enabled", True))
    _put_address(channel, kind, values, cipher, settings)
    session.add(channel)
    session.flush()
    session.refresh(channel)
    _record(session, actor, audit.Tag.CHANNEL_ADDED, channel, None, _facts(channel))
    return channel


def change(
    session: Session,
    actor: Actor,
    workspace: Workspace,
    channel: Channel,
    values: Mapping[str, Any],
    cipher: Cipher,
    settings: Settings,
) -> None:
    """Change what is named in `values`. Of the address, what is not given stays as it is.

    Raises:
        Invalid: a value is wrong; its field is named, and no value is repeated.
        Conflict: the name is taken, or the workspace is archived.
        Undecryptable: a part of the address is to stay, and cannot be read.
    """
    check_in_use(workspace)
    before = _facts(channel)
    if "name" in values:
        channel.name = _free_name(channels_of(session, workspace.id), channel, values["name"])
    if "enabled" in values:
        channel.enabled = bool(values["enabled"])
    addressed = {name: values[name] for name in FIELDS if name in values}
    if addressed:
        kind = ChannelKind(channel.kind)
        _put_address(channel, kind, _merged(kind, cipher, channel, addressed), cipher, settings)
    channel.updated_at, channel.updated_by = clock.now(), _by(actor)
    session.flush()
    after = {**_facts(channel), **({"address": "changed"} if addressed else {})}
    _record(session, actor, audit.Tag.CHANNEL_CHANGED, channel, before, after)


def remove(session: Session, actor: Actor, workspace: Workspace, channel: Channel) -> None:
    """Remove a channel. What was still to be sent to it is dead; the log of deliveries stays.

    Raises:
        Conflict: the workspace is archived, or a rule has no other channel; names the rules.
    """
    check_in_use(workspace)
    if alone := _rules_with_only(session, channel):
        raise Conflict(
            f"These rules would tell nobody any more: {', '.join(alone)}.",
            hint="Give them another channel, or remove them first.",
        )
    bury_of_channel(session, channel.id, f"The channel {channel.name} was removed.")
    _record(session, actor, audit.Tag.CHANNEL_REMOVED, channel, _facts(channel), None)
    session.delete(channel)
    session.flush()


def encrypt_anew(session: Session, cipher: Cipher) -> int:
    """Encrypt the address of every channel with the newest key. Returns how many there are.

    Raises:
        Undecryptable: one cannot be read with the keys that are known; none was changed then.
    """
    rows = list(session.scalars(sa.select(Channel)))
    for row in rows:
        row.secret = sealed(cipher, opened(cipher, row))
    session.flush()
    return len(rows)


def message_of_test(workspace: Workspace, channel: Channel, base_url: str, actor: Actor) -> Message:
    """What a test of a channel sends."""
    links, at = Links(base_url, workspace.key), clock.now()
    url = links.to("notifications")
    facts = facts_of_test(links, workspace.name, at, url)
    title = f"Test of the channel {channel.name} ({workspace.name})"
    body = f"{actor.name} tests whether messages of dbt Workbench arrive here. They do.\n\n{url}"
    return Message(uuid4(), TEST, at, title, body, facts)


def facts_of_test(links: Links, workspace_name: str, at: Any, url: str) -> dict[str, Any]:
    """Facts of a test: of an event that is none of the kinds."""
    found = facts_of(TEST, at, links, workspace_name=workspace_name)  # pyright: ignore[reportArgumentType]
    return {**found, "url": url}


def record_test(session: Session, actor: Actor, channel: Channel, error: str | None) -> None:
    """Note that a channel was tested, and how that went."""
    audit.record(
        session,
        actor.by,
        audit.Tag.CHANNEL_TESTED,
        workspace_id=channel.workspace_id,
        subject=channel.name,
        data={"delivered": error is None, **({"error": error} if error else {})},
    )


def _merged(
    kind: ChannelKind, cipher: Cipher, channel: Channel, addressed: Mapping[str, Any]
) -> dict[str, Any]:
    """The address with what is new of it. For mail, recipients and url are one or the other."""
    if kind is ChannelKind.EMAIL:
        return {name: value for name, value in addressed.items() if value}
    if kind is not ChannelKind.WEBHOOK and addressed.get("url"):
        return dict(addressed)
    return {**opened(cipher, channel), **addressed}


def _put_address(
    channel: Channel, kind: ChannelKind, values: Mapping[str, Any], cipher: Cipher, settings: Settings
) -> None:
    address = checked(kind, values, settings)
    channel.secret = sealed(cipher, address)
    channel.shown = storable(shown(kind, address))


def _free_name(existing: Sequence[Channel], channel: Channel | None, name: str) -> str:
    name = storable(str(name)).strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid("A channel needs a name.", details=[FieldError("name", "must not be empty")])
    if any(other is not channel and other.name == name for other in existing):
        raise Conflict(f"There is a channel {name!r} already.", details=[FieldError("name", "is taken")])
    return name


def _rules_with_only(session: Session, channel: Channel) -> list[str]:
    query = sa.select(Rule).where(Rule.channels.any(Channel.id == channel.id)).order_by(Rule.name)
    return [rule.name for rule in session.scalars(query) if len(rule.channels) == 1]


def _by(actor: Actor) -> str:
    return actor.name[:200]


def _facts(channel: Channel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "kind": str(channel.kind),
        "enabled": channel.enabled,
        "leads_to": channel.shown,
    }


def _record(
    session: Session,
    actor: Actor,
    tag: audit.Tag,
    channel: Channel,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    audit.record(
        session,
        actor.by,
        tag,
        workspace_id=channel.workspace_id,
        subject=channel.name,
        before=before,
        after=after,
    )
