"""Deliveries: what is due, what became of it, and sending again what was given up.

Whoever sends claims first: the attempt is counted and the delivery put off for a while, in one short
transaction. A sender that dies in between says nothing, and the delivery is due again when that while is
over: it is then sent again, under the same id. At least once, and never for ever in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth.actor import Actor
from core.kit.errors import Conflict, NotFound
from core.kit.paging import Page, decode_cursor, page_of
from core.notifications.models import Channel, Delivery, DeliveryState, Event
from core.workspaces.models import Workspace
from core.workspaces.service import check_in_use

MOST_ATTEMPTS: Final = 5
# Longer than any attempt may take (NOTIFICATIONS_TIMEOUT_SECONDS), with time to note how it went.
LEASE_SECONDS: Final = 90
OPEN: Final = (DeliveryState.WAITING, DeliveryState.RETRYING)
NO_WORD: Final = "What sent it ended before it could say how it went."
_NOW: Final = sa.func.now()


@dataclass(frozen=True)
class Claimed:
    """A delivery that is this sender's for a while, and what it needs."""

    id: UUID
    attempt: int
    kind: str
    at: datetime
    facts: Mapping[str, object]
    title: str
    body: str
    channel: Channel


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries a list is about."""

    states: Sequence[DeliveryState] = ()
    channel_id: int | None = None
    event: str | None = None
    run_id: str | None = None


def claim(
    session: Session, *, most: int, per_channel: int, busy: Mapping[int, int] | None = None
) -> list[Claimed]:
    """Deliveries that are due, the longest due first, few of each channel at once. They count as attempted.

    `busy` says how many of a channel are being sent already, so that one that hangs holds up no other. What
    other senders are about to claim is passed over.
    """
    _bury_silent(session)
    query = (
        sa.select(Delivery, Event, Channel)
        .join(Event, Event.id == Delivery.event_id)
        .join(Channel, Channel.id == Delivery.channel_id)
        .where(Delivery.id.in_(_turn(per_channel, busy or {})), *_is_due())
        .order_by(Delivery.next_at, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    found: list[Claimed] = []
    for delivery, event, channel in session.execute(query).tuples():
        delivery.attempts += 1
        delivery.attempted_at = _NOW
        delivery.next_at = _NOW + timedelta(seconds=LEASE_SECONDS)
        found.append(
            Claimed(
                delivery.id,
                delivery.attempts,
                event.kind,
                event.at,
                event.facts,
                delivery.title,
                delivery.body,
                channel,
            )
        )
    session.flush()
    return found


def _is_due() -> tuple[sa.ColumnElement[bool], ...]:
    return (Delivery.state.in_(OPEN), Delivery.next_at <= _NOW, Delivery.attempts < MOST_ATTEMPTS)


def _turn(per_channel: int, busy: Mapping[int, int]) -> sa.Select[UUID]:
    """The first few due of every channel that is on and has room."""
    place = sa.func.row_number().over(
        partition_by=Delivery.channel_id, order_by=(Delivery.next_at, Delivery.id)
    )
    taken = (
        sa.case(
            *((Delivery.channel_id == number, count) for number, count in busy.items()), else_=sa.literal(0)
        )
        if busy
        else sa.literal(0)
    )
    ranked = (
        sa.select(Delivery.id, place.label("place"), taken.label("taken"))
        .join(Channel, Channel.id == Delivery.channel_id)
        .join(Workspace, Workspace.id == Delivery.workspace_id)
        .where(*_is_due(), Channel.enabled, Workspace.archived_at.is_(None))
        .subquery()
    )
    return sa.select(ranked.c.id).where(ranked.c.place + ranked.c.taken <= per_channel)


def _bury_silent(session: Session) -> None:
    """What was attempted as often as it may be, by senders that all ended without a word, is given up."""
    silent = sa.update(Delivery).where(
        Delivery.state.in_(OPEN), Delivery.next_at <= _NOW, Delivery.attempts >= MOST_ATTEMPTS
    )
    session.execute(
        silent.values(state=DeliveryState.DEAD, last_error=sa.func.coalesce(Delivery.last_error, NO_WORD)),
        execution_options={"synchronize_session": False},
    )


def note_delivered(session: Session, delivery_id: UUID) -> None:
    """It was taken; also if meanwhile somebody else took it for lost."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(state=DeliveryState.DELIVERED, delivered_at=_NOW, last_error=None)
    )


def note_failed(session: Session, delivery_id: UUID, attempt: int, error: str, *, retry_seconds: int) -> None:
    """This attempt failed: there will be another, or after the last there will be none.

    The first wait is `retry_seconds`, each further one twice as long.
    """
    wait = timedelta(seconds=retry_seconds * 2 ** (attempt - 1))
    dead = attempt >= MOST_ATTEMPTS
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.attempts == attempt, Delivery.state.in_(OPEN))
        .values(
            state=DeliveryState.DEAD if dead else DeliveryState.RETRYING,
            next_at=_NOW + wait,
            last_error=error,
        )
    )


def bury_of_channel(session: Session, channel_id: int, reason: str) -> None:
    """Nothing more can be sent to this channel."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.channel_id == channel_id, Delivery.state.in_(OPEN))
        .values(state=DeliveryState.DEAD, last_error=reason)
    )


def page(
    session: Session, workspace_id: int, wanted: DeliveryFilter, *, cursor: str | None, limit: int
) -> tuple[Page[tuple[Delivery, Event]], dict[str, int]]:
    """Deliveries of a workspace, newest first; and how many of the whole log are in each state.

    Raises:
        Invalid: the cursor is none of this list.
    """
    offset = decode_cursor(cursor)
    of_workspace = Delivery.workspace_id == workspace_id
    where = [of_workspace, *_filters(wanted)]
    joined = sa.select(Delivery, Event).join(Event, Event.id == Delivery.event_id).where(*where)
    counted = joined.with_only_columns(sa.func.count())
    rows = session.execute(
        joined.order_by(Delivery.created_at.desc(), Delivery.id).offset(offset).limit(limit)
    )
    items = [(delivery, event) for delivery, event in rows.tuples()]
    states = sa.select(Delivery.state, sa.func.count()).where(of_workspace).group_by(Delivery.state)
    counts = dict(session.execute(states).tuples().all())
    return page_of(items, total=session.scalar(counted) or 0, offset=offset, limit=limit), counts


def _filters(wanted: DeliveryFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.states:
        found.append(Delivery.state.in_(wanted.states))
    if wanted.channel_id is not None:
        found.append(Delivery.channel_id == wanted.channel_id)
    if wanted.event is not None:
        found.append(Event.kind == wanted.event)
    if wanted.run_id is not None:
        found.append(Event.run_id == wanted.run_id)
    return found


def get(session: Session, workspace_id: int, delivery_id: UUID) -> tuple[Delivery, Event]:
    """One delivery and its event.

    Raises:
        NotFound: the workspace has no such delivery.
    """
    query = sa.select(Delivery, Event).join(Event, Event.id == Delivery.event_id)
    row = session.execute(
        query.where(Delivery.workspace_id == workspace_id, Delivery.id == delivery_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no delivery {delivery_id} in this workspace.")
    return row[0], row[1]


def retry(session: Session, actor: Actor, workspace: Workspace, delivery_id: UUID) -> tuple[Delivery, Event]:
    """Send again what was given up: five more attempts, under the same id.

    Raises:
        NotFound: the workspace has no such delivery.
        Conflict: it was not given up, its channel is gone, or the workspace is archived.
    """
    check_in_use(workspace)
    session.get(Delivery, delivery_id, with_for_update=True)
    delivery, event = get(session, workspace.id, delivery_id)
    if delivery.state != DeliveryState.DEAD:
        raise Conflict(f"This delivery is {delivery.state}; only one that was given up can be sent again.")
    if delivery.channel_id is None:
        raise Conflict(f"The channel {delivery.channel_name} was removed: there is nowhere to send this.")
    delivery.state, delivery.attempts, delivery.next_at = DeliveryState.WAITING, 0, _NOW
    session.flush()
    session.refresh(delivery)
    audit.record(
        session,
        actor.by,
        audit.Tag.DELIVERY_RETRIED,
        workspace_id=workspace.id,
        subject=delivery.channel_name,
        data={"delivery": str(delivery.id), "event": event.kind},
    )
    return delivery, event


def forget(session: Session, *, days: int) -> int:
    """Forget events older than so many days, with their deliveries; what is still to be sent stays.

    Returns how many deliveries.
    """
    old = Event.created_at < _NOW - timedelta(days=days)
    still = sa.exists().where(Delivery.event_id == Event.id, Delivery.state.in_(OPEN))
    events = sa.select(Event.id).where(old, ~still)
    deliveries = session.execute(sa.delete(Delivery).where(Delivery.event_id.in_(events)))
    session.execute(sa.delete(Event).where(old, ~still))
    return int(deliveries.rowcount)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - of a deletion
