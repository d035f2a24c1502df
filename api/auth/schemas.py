"""Logins, accounts, sessions and tokens as JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field, SecretStr

from api.kit.bodies import Strict
from core.auth.actor import Actor, Kind
from core.auth.models import ApiToken, LoginSession, User
from core.auth.passwords import LONGEST
from core.auth.rights import LEVELS, RIGHTS, Role
from core.kit import clock
from core.workspaces.models import Workspace


class LoginIn(Strict):
    """Name or e-mail address, and password.

    `delivery`: how the refresh token comes, as a cookie for browsers or in the body for programs.
    """

    username: str = Field(max_length=320)
    password: SecretStr = Field(max_length=LONGEST)
    delivery: Literal["cookie", "body"] = "cookie"


class RefreshIn(Strict):
    """A refresh token, from programs; browsers send it as a cookie."""

    refresh_token: str | None = Field(default=None, max_length=200)


class MembershipOut(BaseModel):
    """A workspace that one is a member of, and what one may do there."""

    workspace: str
    name: str
    role: Role
    scopes: list[str]


class MeOut(BaseModel):
    """Who asks. `kind` is `local` where nobody has to log in. `scopes` are those outside any workspace."""

    auth_enabled: bool
    username: str
    full_name: str
    email: str | None
    is_instance_admin: bool
    must_change_password: bool
    default_workspace: str | None
    kind: Kind
    scopes: list[str]
    memberships: list[MembershipOut]

    @classmethod
    def of(
        cls, actor: Actor, user: User | None, workspaces: Sequence[Workspace], *, auth_enabled: bool
    ) -> Self:
        """From the actor, the account if there is one, and the workspaces that may be seen."""
        keys = {workspace.id: workspace.key for workspace in workspaces}
        return cls(
            auth_enabled=auth_enabled,
            username=user.username if user else actor.name,
            full_name=user.full_name if user else "",
            email=user.email if user else None,
            is_instance_admin=actor.everywhere,
            must_change_password=actor.must_change_password,
            default_workspace=keys.get(user.default_workspace_id)
            if user and user.default_workspace_id
            else None,
            kind=actor.kind,
            scopes=[str(scope) for scope in actor.scopes()],
            memberships=[
                MembershipOut(
                    workspace=workspace.key,
                    name=workspace.name,
                    role=actor.role_in(workspace.key) or Role.VIEWER,
                    scopes=[str(scope) for scope in actor.scopes_in(workspace.key)],
                )
                for workspace in workspaces
            ],
        )


class TokenOut(BaseModel):
    """What a login or a refresh gives. `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    csrf_token: str
    refresh_token: str | None
    me: MeOut


class AccountIn(Strict):
    """What one may change of one's own account; what is left out stays."""

    full_name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=320)


class SwitchIn(Strict):
    """The workspace that is to be shown first."""

    workspace: str = Field(max_length=200)


class PasswordIn(Strict):
    """The present password, and the one to replace it."""

    current_password: SecretStr = Field(max_length=LONGEST)
    new_password: SecretStr = Field(max_length=LONGEST)


class SessionOut(BaseModel):
    """A login of one's own."""

    id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str | None
    user_agent: str | None
    is_current: bool

    @classmethod
    def of(cls, row: LoginSession, actor: Actor) -> Self:
        """From the table."""
        return cls(
            id=row.id,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            address=row.address,
            user_agent=row.user_agent,
            is_current=row.id == actor.session_id,
        )


class SessionList(BaseModel):
    """One's own logins, the one last seen first."""

    items: list[SessionOut]
    total: int
    next_cursor: str | None = None


class NewTokenIn(Strict):
    """A token to be made. Without `workspace` it reaches wherever its owner does."""

    name: str = Field(max_length=100, examples=["nightly upload"])
    scopes: list[str] = Field(max_length=100, examples=[["run:start", "run:read"]])
    workspace: str | None = Field(default=None, max_length=200)
    expires_in_days: int = Field(default=90, examples=[90])


class NewServiceTokenIn(Strict):
    """A token of a workspace to be made."""

    name: str = Field(max_length=100, examples=["nightly upload"])
    scopes: list[str] = Field(max_length=100, examples=[["run:start", "run:read"]])
    expires_in_days: int = Field(default=90, examples=[90])


class TokenItem(BaseModel):
    """A token, without its secret. `prefix` is how it begins."""

    id: int
    name: str
    prefix: str
    scopes: list[str]
    workspace: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_address: str | None
    is_expired: bool

    @classmethod
    def of(cls, row: ApiToken, keys: Mapping[int, str]) -> Self:
        """From the table; `keys` names workspaces by id."""
        return cls(
            id=row.id,
            name=row.name,
            prefix=row.hint,
            scopes=row.scopes,
            workspace=keys.get(row.workspace_id) if row.workspace_id else None,
            created_at=row.created_at,
            created_by=row.created_by,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            last_used_address=row.last_used_address,
            is_expired=row.expires_at is not None and row.expires_at <= clock.now(),
        )


class TokenList(BaseModel):
    """Tokens, newest first."""

    items: list[TokenItem]
    total: int
    next_cursor: str | None = None


class MadeToken(BaseModel):
    """A token that was just made. It is never shown again."""

    token: str
    item: TokenItem


class LevelOut(BaseModel):
    """Something that one can be."""

    key: str
    name: str
    description: str


class RightOut(BaseModel):
    """Something that can be allowed: the least level that carries it, and whether tokens may."""

    scope: str
    level: str
    description: str
    tokens: bool


class RolesOut(BaseModel):
    """The table that says which role may do what, and the longest life of an API token."""

    token_max_days: int
    levels: list[LevelOut]
    rights: list[RightOut]

    @classmethod
    def all(cls, token_max_days: int) -> Self:
        """The table that the code goes by."""
        return cls(
            token_max_days=token_max_days,
            levels=[LevelOut(key=key, name=name, description=text) for key, (name, text) in LEVELS.items()],
            rights=[RightOut.model_validate(right, from_attributes=True) for right in RIGHTS],
        )
