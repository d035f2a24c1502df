"""People, as the instance admin sees them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Self

from fastapi import Path, Query
from pydantic import BaseModel, Field, SecretStr
from sqlalchemy.orm import Session

from api.kit.access import GuardedRouter, UserManager
from api.kit.bodies import Strict
from api.kit.errors import responses
from api.kit.state import SessionDep, StateDep
from core.auth import accounts, people, sessions
from core.auth.actor import Actor
from core.auth.models import Membership, User
from core.auth.passwords import LONGEST
from core.auth.rights import Role
from core.kit.paging import MAX_LIMIT
from core.workspaces import service as workspaces

router = GuardedRouter(prefix="/api/admin/users", tags=["admin"])

Username = Annotated[str, Path(description="User name.", max_length=320)]


class UserMembership(BaseModel):
    """A role in a workspace."""

    workspace: str
    role: Role


class UserOut(BaseModel):
    """A person."""

    username: str
    full_name: str
    email: str | None
    is_active: bool
    is_instance_admin: bool
    must_change_password: bool
    created_at: datetime
    last_login_at: datetime | None
    memberships: list[UserMembership]

    @classmethod
    def of(cls, user: User, memberships: Sequence[Membership], keys: Mapping[int, str]) -> Self:
        """From the tables; `keys` names workspaces by id."""
        held = [UserMembership(workspace=keys[row.workspace_id], role=row.role) for row in memberships]
        return cls(
            username=user.username,
            full_name=user.full_name,
            email=user.email,
            is_active=user.is_active,
            is_instance_admin=user.is_instance_admin,
            must_change_password=user.must_change_password,
            created_at=user.created_at,
            last_login_at=user.last_login_at,
            memberships=sorted(held, key=lambda item: item.workspace),
        )


class UserList(BaseModel):
    """One page of people."""

    items: list[UserOut]
    total: int
    next_cursor: str | None


class NewUserIn(Strict):
    """Somebody to be added. Without a password one is made, to be changed at the first login."""

    username: str = Field(max_length=100, examples=["ann"])
    full_name: str = Field(default="", max_length=200)
    email: str | None = Field(default=None, max_length=320)
    password: SecretStr | None = Field(default=None, max_length=LONGEST)
    is_instance_admin: bool = False


class UserIn(Strict):
    """What is to change; what is left out stays."""

    full_name: str = Field(default="", max_length=200)
    email: str | None = Field(default=None, max_length=320)
    is_active: bool = True
    is_instance_admin: bool = False


class ResetIn(Strict):
    """A password; without one it is made."""

    password: SecretStr | None = Field(default=None, max_length=LONGEST)


class MadeUser(BaseModel):
    """Somebody, and the password that was made for them, which is never shown again."""

    user: UserOut
    password: str | None


@router.get("", responses=responses())
def list_users(
    actor: UserManager,
    session: SessionDep,
    q: Annotated[str | None, Query(max_length=200, description="Text in name or address.")] = None,
    active: Annotated[bool | None, Query(description="Only those who may, or may not, log in.")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> UserList:
    """One page of people."""
    page = people.page(session, q, active=active, cursor=cursor, limit=limit)
    items = _out(session, actor, page.items)
    return UserList(items=items, total=page.total or 0, next_cursor=page.next_cursor)


@router.post("", status_code=201, responses=responses(409))
def add_user(actor: UserManager, session: SessionDep, state: StateDep, body: NewUserIn) -> MadeUser:
    """Add somebody. A password that is made is shown once."""
    person = people.NewPerson(
        body.username, body.full_name, body.email, _secret(body.password), body.is_instance_admin
    )
    user, made = people.add(session, actor, state.password_rules, person)
    return _made(session, actor, user, made)


@router.get("/{username}", responses=responses(404))
def get_user(actor: UserManager, session: SessionDep, username: Username) -> UserOut:
    """One person."""
    return _out(session, actor, [people.require(session, username)])[0]


@router.patch("/{username}", responses=responses(404, 409))
def change_user(actor: UserManager, session: SessionDep, username: Username, body: UserIn) -> UserOut:
    """Change somebody; deactivating ends their sessions and tokens at once."""
    user = people.require(session, username, lock=True)
    people.change(session, actor, user, body.model_dump(exclude_unset=True))
    return _out(session, actor, [user])[0]


@router.delete("/{username}", status_code=204, responses=responses(404, 409))
def delete_user(actor: UserManager, session: SessionDep, username: Username) -> None:
    """Delete somebody, with memberships, sessions and tokens. The audit log keeps what they did."""
    people.delete(session, actor, people.require(session, username, lock=True))


@router.post("/{username}/reset-password", responses=responses(404))
def reset_password(
    actor: UserManager, session: SessionDep, state: StateDep, username: Username, body: ResetIn | None = None
) -> MadeUser:
    """Give somebody another password, to be changed at the next login; their sessions end."""
    user = people.require(session, username, lock=True)
    given = _secret(body.password) if body else None
    made = accounts.reset_password(session, actor.by, state.password_rules, user, given)
    return _made(session, actor, user, made)


@router.post("/{username}/sign-out", status_code=204, responses=responses(404))
def sign_out(actor: UserManager, session: SessionDep, username: Username) -> None:
    """End every session of somebody."""
    user = people.require(session, username)
    sessions.end_all(session, actor.by, user.id, "ended by an instance admin")


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()


def _made(session: Session, actor: Actor, user: User, password: str | None) -> MadeUser:
    session.flush()
    session.refresh(user)
    return MadeUser(user=_out(session, actor, [user])[0], password=password)


def _out(session: Session, actor: Actor, users: Sequence[User]) -> list[UserOut]:
    keys = workspaces.keys_by_id(session, actor)
    memberships = people.memberships_of(session, [user.id for user in users])
    return [UserOut.of(user, memberships[user.id], keys) for user in users]
