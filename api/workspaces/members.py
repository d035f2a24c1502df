"""Members of a workspace, and their roles."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import Path
from pydantic import BaseModel

from api.kit.access import GuardedRouter, MemberManager, MemberReader, WorkspaceDep
from api.kit.bodies import Strict
from api.kit.errors import responses
from api.kit.state import SessionDep
from core.auth.rights import Role
from core.workspaces import members
from core.workspaces.members import Member

router = GuardedRouter(prefix="/api/workspaces/{workspace}/members", tags=["members"])

Username = Annotated[str, Path(description="User name or e-mail address.", max_length=320)]


class RoleIn(Strict):
    """The role that somebody is to have."""

    role: Role


class MemberOut(BaseModel):
    """A person in a workspace."""

    username: str
    full_name: str
    email: str | None
    role: Role
    is_active: bool
    is_instance_admin: bool
    added_at: datetime
    last_login_at: datetime | None

    @classmethod
    def of(cls, member: Member) -> Self:
        """From the tables."""
        user, membership = member.user, member.membership
        return cls(
            username=user.username,
            full_name=user.full_name,
            email=user.email,
            role=membership.role,
            is_active=user.is_active,
            is_instance_admin=user.is_instance_admin,
            added_at=membership.added_at,
            last_login_at=user.last_login_at,
        )


class MemberList(BaseModel):
    """Every member of a workspace. Instance admins are admins of all, members or not."""

    items: list[MemberOut]
    total: int
    next_cursor: str | None = None


@router.get("", responses=responses(404))
def list_members(_actor: MemberReader, workspace: WorkspaceDep, session: SessionDep) -> MemberList:
    """Who is a member, and as what."""
    items = [MemberOut.of(member) for member in members.members_of(session, workspace.id)]
    return MemberList(items=items, total=len(items))


@router.put("/{username}", responses=responses(404, 409))
def put_member(
    actor: MemberManager, workspace: WorkspaceDep, session: SessionDep, username: Username, body: RoleIn
) -> MemberOut:
    """Make somebody a member, or change the role of one."""
    return MemberOut.of(members.put(session, actor, workspace, username, body.role))


@router.delete("/{username}", status_code=204, responses=responses(404))
def remove_member(
    actor: MemberManager, workspace: WorkspaceDep, session: SessionDep, username: Username
) -> None:
    """Take somebody out of a workspace."""
    members.remove(session, actor, workspace, username)
