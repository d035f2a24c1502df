"""Channels, rules and deliveries as JSON. What a channel is reached by goes in, and never comes out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.kit.bodies import Strict
from core.notifications.addresses import LONGEST_URL, MOST_HEADERS, MOST_RECIPIENTS
from core.notifications.deliveries import MOST_ATTEMPTS
from core.notifications.models import Channel, ChannelKind, Delivery, DeliveryState, Event, EventKind, Rule
from core.notifications.templates import LONGEST

Short = Annotated[str, StringConstraints(max_length=320)]
Title = Annotated[str, StringConstraints(max_length=LONGEST["title_template"])]
Body = Annotated[str, StringConstraints(max_length=LONGEST["body_template"])]


class ChannelIn(Strict):
    """What is to change; what is left out stays. The address is encrypted, and never given out again."""

    name: str = Field(default="", max_length=100, examples=["data team"])
    enabled: bool = True
    recipients: list[Short] = Field(
        default=[],
        max_length=MOST_RECIPIENTS,
        description="email: who gets it, by the instance's mail server.",
    )
    url: str = Field(
        default="",
        max_length=LONGEST_URL,
        description="webhook: where it is posted. Others: an address of Apprise, or the service's own.",
    )
    secret: str = Field(
        default="", max_length=200, description="webhook: what it is signed with, `whsec_` and base64."
    )
    headers: dict[Short, Annotated[str, StringConstraints(max_length=4000)]] = Field(
        default={}, max_length=MOST_HEADERS, description="webhook: further headers, such as Authorization."
    )


class NewChannelIn(ChannelIn):
    """A channel to be made."""

    kind: ChannelKind
    name: str = Field(min_length=1, max_length=100, examples=["data team"])


class ChannelOut(BaseModel):
    """A channel. `leads_to` is all that is said of its address."""

    id: int
    name: str
    kind: ChannelKind
    leads_to: str
    enabled: bool
    rules: int
    updated_at: datetime
    updated_by: str

    @classmethod
    def of(cls, channel: Channel, rules: int = 0) -> Self:
        """From the table; `rules` is how many rules name it."""
        return cls(
            id=channel.id,
            name=channel.name,
            kind=ChannelKind(channel.kind),
            leads_to=channel.shown,
            enabled=channel.enabled,
            rules=rules,
            updated_at=channel.updated_at,
            updated_by=channel.updated_by,
        )


class ChannelList(BaseModel):
    """The channels of a workspace. `has_mail_server`: channels can name recipients only."""

    items: list[ChannelOut]
    total: int
    has_mail_server: bool


class TestOut(BaseModel):
    """How a test went: delivered, or why not."""

    delivered: bool
    error: str | None
    seconds: float


class RuleIn(Strict):
    """What is to change; what is left out stays. A filter of null lets everything through."""

    name: str = Field(default="", max_length=100)
    enabled: bool = True
    events: list[EventKind] = Field(default=[], max_length=len(EventKind))
    channels: list[int] = Field(default=[], max_length=100, description="Ids of channels.")
    job: str | None = Field(default=None, max_length=60, description="Key of a job.")
    tag: str | None = Field(default=None, max_length=200, description="A tag of jobs.")
    owner: str | None = Field(default=None, max_length=200, description="An owner of jobs.")
    environment: str | None = Field(default=None, max_length=100, description="Key of an environment.")
    every_attempt: bool = Field(
        default=False, description="Tell of failed attempts, too, after which a run is tried again by itself."
    )
    title_template: Title | None = None
    body_template: Body | None = None


class NewRuleIn(RuleIn):
    """A rule to be made."""

    name: str = Field(min_length=1, max_length=100, examples=["what fails at night"])
    events: list[EventKind] = Field(min_length=1, max_length=len(EventKind))
    channels: list[int] = Field(min_length=1, max_length=100, description="Ids of channels.")


class RuleOut(BaseModel):
    """A rule. Nothing that happened before `since` is told."""

    id: int
    name: str
    enabled: bool
    events: list[EventKind]
    channels: list[int]
    job: str | None
    tag: str | None
    owner: str | None
    environment: str | None
    every_attempt: bool
    title_template: str | None
    body_template: str | None
    since: datetime
    updated_at: datetime
    updated_by: str

    @classmethod
    def of(cls, rule: Rule, environments: Mapping[int, str]) -> Self:
        """From the table and the keys of environments."""
        return cls(
            id=rule.id,
            name=rule.name,
            enabled=rule.enabled,
            events=[EventKind(event) for event in rule.events],
            channels=[channel.id for channel in rule.channels],
            job=rule.job_key,
            tag=rule.tag,
            owner=rule.owner,
            environment=environments.get(rule.environment_id or 0),
            every_attempt=rule.every_attempt,
            title_template=rule.title_template,
            body_template=rule.body_template,
            since=rule.since,
            updated_at=rule.updated_at,
            updated_by=rule.updated_by,
        )


class RuleList(BaseModel):
    """The rules of a workspace."""

    items: list[RuleOut]
    total: int


class JobChoice(BaseModel):
    """A job that a rule can be about."""

    key: str
    name: str


class OptionsOut(BaseModel):
    """What rules can filter by, and our own templates."""

    jobs: list[JobChoice]
    tags: list[str]
    owners: list[str]
    environments: list[str]
    title_template: str
    body_template: str


class PreviewIn(Strict):
    """Templates, and the event of which an example is to be shown. null: ours."""

    event: EventKind
    events: list[EventKind] = Field(
        default=[], max_length=len(EventKind), description="All that the templates are to be good for."
    )
    has_job: bool = Field(default=False, description="A filter sees to it that there always is a job.")
    title_template: Title | None = None
    body_template: Body | None = None


class PreviewOut(BaseModel):
    """A message about an example."""

    title: str
    body: str


class DeliveryOut(BaseModel):
    """A message of an event to a channel. `channel_id` is null once the channel was removed.

    `note` says what was wrong with the rule's template, where ours stood in for it.
    """

    id: UUID
    state: DeliveryState
    event: EventKind
    at: datetime
    environment: str | None
    job: str | None
    run_id: str | None
    channel_id: int | None
    channel: str
    rule: str
    title: str
    body: str
    note: str | None
    attempts: int
    most_attempts: int
    next_at: datetime | None
    attempted_at: datetime | None
    delivered_at: datetime | None
    last_error: str | None
    created_at: datetime

    @classmethod
    def of(cls, delivery: Delivery, event: Event) -> Self:
        """From the tables."""
        is_open = delivery.state in {DeliveryState.WAITING, DeliveryState.RETRYING}
        return cls(
            id=delivery.id,
            state=DeliveryState(delivery.state),
            event=EventKind(event.kind),
            at=event.at,
            environment=event.environment,
            job=event.job_key,
            run_id=event.run_id,
            channel_id=delivery.channel_id,
            channel=delivery.channel_name,
            rule=delivery.rule_name,
            title=delivery.title,
            body=delivery.body,
            note=delivery.note,
            attempts=delivery.attempts,
            most_attempts=MOST_ATTEMPTS,
            next_at=delivery.next_at if is_open else None,
            attempted_at=delivery.attempted_at,
            delivered_at=delivery.delivered_at,
            last_error=delivery.last_error,
            created_at=delivery.created_at,
        )


class DeliveryList(BaseModel):
    """One page of the log, newest first; `states` counts the whole log, whatever is filtered by."""

    items: list[DeliveryOut]
    total: int
    next_cursor: str | None
    states: dict[DeliveryState, int]

    @classmethod
    def over(
        cls,
        rows: Sequence[tuple[Delivery, Event]],
        total: int,
        next_cursor: str | None,
        states: Mapping[str, int],
    ) -> Self:
        """From the tables."""
        return cls(
            items=[DeliveryOut.of(delivery, event) for delivery, event in rows],
            total=total,
            next_cursor=next_cursor,
            states={state: states.get(state, 0) for state in DeliveryState},
        )
