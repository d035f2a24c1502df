"""Tables of notifications: where messages go, what is told to whom, what happened, and what was delivered."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.kit.database import SCHEMA, Base

WORKSPACE_FK = f"{SCHEMA}.workspaces.id"


class ChannelKind(StrEnum):
    """By what way a channel reaches somebody. `url`: any other service that Apprise knows."""

    EMAIL = "email"
    SLACK = "slack"
    TEAMS = "teams"
    WEBHOOK = "webhook"
    URL = "url"


class EventKind(StrEnum):
    """What can be told of."""

    RUN_STARTED = "run_started"
    RUN_SUCCEEDED = "run_succeeded"
    RUN_FAILED = "run_failed"
    RUN_RECOVERED = "run_recovered"
    RUN_CANCELLED = "run_cancelled"
    RUN_LATE = "run_late"
    FRESHNESS = "freshness"
    TEST_NEWLY_FAILING = "test_newly_failing"
    INGEST_REFUSED = "ingest_refused"


class DeliveryState(StrEnum):
    """How far a delivery has come. Every one ends `delivered` or `dead`."""

    WAITING = "waiting"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    DEAD = "dead"


class Channel(Base):
    """Where messages go. `secret` is all of its settings, encrypted; `shown` is what may be said of them."""

    __tablename__ = "notification_channels"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    shown: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[str] = mapped_column(String(200))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_by: Mapped[str] = mapped_column(String(200))


rule_channels = Table(
    "notification_rule_channels",
    Base.metadata,
    Column("rule_id", ForeignKey(f"{SCHEMA}.notification_rules.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "channel_id", ForeignKey(f"{SCHEMA}.notification_channels.id", ondelete="CASCADE"), primary_key=True
    ),
    Index(None, "channel_id"),
)


class Rule(Base):
    """Which events are told to which channels. A filter that is null lets everything through.

    What happened before `since`, when it was made or turned on, is not told. Of runs that their policy tries
    again, attempts before the last are told only with `every_attempt`. Templates that are null are ours.
    """

    __tablename__ = "notification_rules"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    enabled: Mapped[bool] = mapped_column(server_default="true")
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    job_key: Mapped[str | None] = mapped_column(String(60))
    tag: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(String(200))
    environment_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.environments.id", ondelete="CASCADE")
    )
    every_attempt: Mapped[bool] = mapped_column(server_default="false")
    title_template: Mapped[str | None] = mapped_column(Text)
    body_template: Mapped[str | None] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[str] = mapped_column(String(200))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_by: Mapped[str] = mapped_column(String(200))
    channels: Mapped[list[Channel]] = relationship(
        secondary=rule_channels, order_by=Channel.id, passive_deletes=True
    )


class Event(Base):
    """Something that happened and that a rule asked for, found any number of times and kept once.

    `facts` is what templates and webhooks are given.
    """

    __tablename__ = "notification_events"
    __table_args__ = (UniqueConstraint("workspace_id", "key"), Index(None, "created_at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(30))
    environment: Mapped[str | None] = mapped_column(String(100))
    job_key: Mapped[str | None] = mapped_column(String(60))
    run_id: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Delivery(Base):
    """One message of an event to one channel. Receivers know it by `id`, however often it is sent.

    It is due at `next_at`. Whoever sends it puts that off first and counts the attempt, so that a sender that
    dies loses nothing: it is due again then. The channel is null once it was removed; its name stays.
    """

    __tablename__ = "notification_deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "channel_id"),
        Index(None, "workspace_id", "created_at"),
        Index(None, "channel_id"),
        Index(
            "ix_notification_deliveries_due",
            "next_at",
            postgresql_where=text("state in ('waiting', 'retrying')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    event_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.notification_events.id", ondelete="CASCADE"))
    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"))
    channel_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.notification_channels.id", ondelete="SET NULL")
    )
    channel_name: Mapped[str] = mapped_column(String(100))
    rule_name: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), server_default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    attempted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Position(Base):
    """How far the search for events of one source has come."""

    __tablename__ = "notification_positions"

    source: Mapped[str] = mapped_column(String(30), primary_key=True)
    position: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
