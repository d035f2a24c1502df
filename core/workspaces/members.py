"""Who is a member of a workspace, and as what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth import people
from core.auth.actor import Actor
from core.auth.models import Membership, User
from core.auth.rights import Role
from core.kit.errors import FieldError, NotFound
from core.workspaces.models import Workspace
from core.workspaces.service import check_in_use


@dataclass(frozen=True)
class Member:
    """A person in a workspace."""

    user: User
    membership: Membership


def members_of(session: Session, workspace_id: int) -> Sequence[Member]:
    """Every member, by user name."""
    query = (
        sa.select(User, Membership)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.workspace_id == workspace_id)
        .order_by(User.username)
    )
    return [Member(user, membership) for user, membership in session.execute(query).tuples()]


def put(session: Session, actor: Actor, workspace: Workspace, name: str, role: Role) -> Member:
    """Make somebody a member, or change the role of one. `name` is a user name or e-mail address.

    Raises:
        NotFound: there is no such active user.
        Conflict: the workspace is archived.
    """
    check_in_use(workspace)
    user = people.find(session, name)
    if user is None or not user.is_active:
        raise NotFound(
            f"There is no active user {name!r}.",
            hint="An instance admin adds people; then add them here.",
            details=[FieldError("username", "is nobody who can log in")],
        )
    _wait_for_others(session, user)
    membership = session.get(Membership, (user.id, workspace.id))
    before = None if membership is None else {"role": membership.role}
    if membership is None:
        membership = Membership(user_id=user.id, workspace_id=workspace.id)
        session.add(membership)
    membership.role = role
    session.flush()
    session.refresh(membership)
    if before != {"role": role}:
        _record(session, actor, audit.Tag.MEMBER_SET, workspace, user, before, {"role": role})
    return Member(user, membership)


def remove(session: Session, actor: Actor, workspace: Workspace, username: str) -> None:
    """Take somebody out of a workspace.

    Raises:
        NotFound: they are no member.
    """
    user = people.find(session, username)
    if user is not None:
        _wait_for_others(session, user)
    membership = session.get(Membership, (user.id, workspace.id), with_for_update=True) if user else None
    if user is None or membership is None:
        raise NotFound(f"{username!r} is not a member of {workspace.key}.")
    before = {"role": membership.role}
    session.delete(membership)
    if user.default_workspace_id == workspace.id:
        user.default_workspace_id = None
    _record(session, actor, audit.Tag.MEMBER_REMOVED, workspace, user, before, None)


def _wait_for_others(session: Session, user: User) -> None:
    """Those who add or remove the same person at once wait for each other here."""
    session.execute(sa.select(User.id).where(User.id == user.id).with_for_update())


def _record(
    session: Session,
    actor: Actor,
    tag: audit.Tag,
    workspace: Workspace,
    user: User,
    before: Mapping[str, str] | None,
    after: Mapping[str, str] | None,
) -> None:
    audit.record(
        session,
        actor.by,
        tag,
        workspace_id=workspace.id,
        subject=user.username,
        before=before,
        after=after,
    )
