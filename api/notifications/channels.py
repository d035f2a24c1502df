"""Channels: where a workspace's messages go."""

import time
from typing import Annotated

import sqlalchemy as sa
from fastapi import Path
from sqlalchemy.orm import Session

from api.kit.access import GuardedRouter, NotificationEditor, NotificationReader, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep, StateDep, WorkspaceKey
from api.notifications.schemas import ChannelIn, ChannelList, ChannelOut, NewChannelIn, TestOut
from core.kit.crypto import Cipher
from core.notifications import channels
from core.notifications.addresses import opened
from core.notifications.models import ChannelKind, rule_channels
from core.notifications.sending import Undelivered, send
from core.workspaces import service as workspaces

router = GuardedRouter(prefix="/api/workspaces/{workspace}/notifications/channels", tags=["notifications"])

ChannelId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("", responses=responses(404))
def list_channels(
    _actor: NotificationReader, workspace: WorkspaceDep, session: SessionDep, state: StateDep
) -> ChannelList:
    """Every channel, by name; nothing of what it is reached by."""
    counts = _rules_of(session)
    found = channels.channels_of(session, workspace.id)
    return ChannelList(
        items=[ChannelOut.of(channel, counts.get(channel.id, 0)) for channel in found],
        total=len(found),
        has_mail_server=bool(state.settings.notifications_smtp_host),
    )


@router.post("", status_code=201, responses=responses(404, 409))
def add_channel(
    actor: NotificationEditor,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    body: NewChannelIn,
) -> ChannelOut:
    """Make a channel. Test it then: an address can be right and lead nowhere."""
    values = body.model_dump(exclude_unset=True)
    cipher = Cipher(state.settings)
    return ChannelOut.of(channels.create(session, actor, workspace, values, cipher, state.settings))


@router.patch("/{channel_id}", responses=responses(404, 409))
def change_channel(
    actor: NotificationEditor,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    channel_id: ChannelId,
    body: ChannelIn,
) -> ChannelOut:
    """Change a channel. One that is off is told nothing new; what waits for it waits on."""
    channel = channels.get(session, workspace.id, channel_id)
    values = body.model_dump(exclude_unset=True)
    cipher = Cipher(state.settings)
    channels.change(session, actor, workspace, channel, values, cipher, state.settings)
    return ChannelOut.of(channel, _rules_of(session).get(channel.id, 0))


@router.delete("/{channel_id}", status_code=204, responses=responses(404, 409))
def remove_channel(
    actor: NotificationEditor, workspace: WorkspaceDep, session: SessionDep, channel_id: ChannelId
) -> None:
    """Remove a channel that no rule needs. What still waits for it is given up; the log stays."""
    channels.remove(session, actor, workspace, channels.get(session, workspace.id, channel_id))


@router.post("/{channel_id}/test", responses=responses(404, 409))
def test_channel(
    actor: NotificationEditor, key: WorkspaceKey, state: StateDep, channel_id: ChannelId
) -> TestOut:
    """Send a message now, and say how that went."""
    with state.db.session() as session:
        workspace = workspaces.get_workspace(session, actor, key)
        workspaces.check_in_use(workspace)
        channel = channels.get(session, workspace.id, channel_id)
        values = opened(Cipher(state.settings), channel)
    message = channels.message_of_test(workspace, channel, state.settings.notifications_base_url, actor)
    begun, error = time.monotonic(), None
    try:
        send(state.settings, ChannelKind(channel.kind), values, message)
    except Undelivered as undelivered:
        error = undelivered.reason
    took = time.monotonic() - begun
    with state.db.session() as session:
        channels.record_test(session, actor, channel, error)
    return TestOut(delivered=error is None, error=error, seconds=round(took, 3))


def _rules_of(session: Session) -> dict[int, int]:
    counted = sa.select(rule_channels.c.channel_id, sa.func.count()).group_by(rule_channels.c.channel_id)
    return dict(session.execute(counted).tuples().all())
