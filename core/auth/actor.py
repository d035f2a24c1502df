"""Somebody who asks, and what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.audit.service import By
from core.auth.rights import (
    BY_SCOPE,
    INSTANCE_SCOPES,
    PERSON_SCOPES,
    Level,
    Role,
    Scope,
    role_for,
    scopes_of,
)
from core.kit.errors import FieldError, Forbidden, NotFound


class Kind(StrEnum):
    """By what somebody is known."""

    PERSON = "person"
    TOKEN = "token"
    SYSTEM = "system"
    LOCAL = "local"


@dataclass(frozen=True)
class Place:
    """A workspace that somebody is a member of, and as what."""

    workspace_id: int
    key: str
    role: Role


@dataclass(frozen=True)
class Origin:
    """Where a request came from."""

    address: str | None = None
    request_id: str | None = None


NOWHERE: Final = Origin()


@dataclass(frozen=True)
class Actor:
    """Somebody who asks.

    `everywhere` stands for the instance admin, who is admin in every workspace. `carried` is what a token was
    narrowed to, or None for people.
    """

    name: str
    kind: Kind
    everywhere: bool = False
    places: Mapping[str, Place] = field(default_factory=dict[str, Place])
    carried: frozenset[Scope] | None = None
    user_id: int | None = None
    session_id: str | None = None
    token_id: int | None = None
    must_change_password: bool = False
    origin: Origin = NOWHERE

    @property
    def workspace_ids(self) -> frozenset[int] | None:
        """The workspaces that may be seen; None for all."""
        return None if self.everywhere else frozenset(place.workspace_id for place in self.places.values())

    @property
    def by(self) -> By:
        """How the audit log names this actor."""
        return By(self.name, self.user_id, self.token_id, self.origin.address, self.origin.request_id)

    def role_in(self, workspace: str) -> Role | None:
        """The role in a workspace, or None for those who are no member."""
        if self.everywhere:
            return Role.ADMIN
        place = self.places.get(workspace)
        return place.role if place else None

    def may(self, scope: Scope, workspace: str | None = None) -> bool:
        """Whether the actor holds a scope, in a workspace if it is one that workspaces give."""
        if not self.carries(scope):
            return False
        if scope in PERSON_SCOPES:
            return True
        if scope in INSTANCE_SCOPES:
            return self.everywhere
        role = None if workspace is None else self.role_in(workspace)
        return role is not None and scope in scopes_of(role)

    def carries(self, scope: Scope) -> bool:
        """Whether a token was not narrowed to something else; people carry every scope that they hold."""
        return self.carried is None or scope in self.carried

    def check_carries(self, scope: Scope) -> None:
        """Raise Forbidden for a token that was narrowed to something else."""
        if not self.carries(scope):
            raise _narrow_token(self, scope)

    def scopes_in(self, workspace: str) -> list[Scope]:
        """What the actor may do in a workspace."""
        role = self.role_in(workspace)
        return sorted(scope for scope in scopes_of(role) if self.may(scope, workspace)) if role else []

    def scopes(self) -> list[Scope]:
        """What the actor may do outside any workspace."""
        return sorted(scope for scope in (*PERSON_SCOPES, *INSTANCE_SCOPES) if self.may(scope))

    def require(self, scope: Scope, workspace: str | None = None) -> None:
        """Refuse those who do not hold a scope.

        Raises:
            NotFound: they are no member of the workspace, and may not know whether it exists.
            Forbidden: their role or token lacks it; the error names both what is needed and what is held.
        """
        if workspace is not None and self.role_in(workspace) is None:
            raise NoMember(workspace)
        if not self.may(scope, workspace):
            raise refusal(self, scope, workspace)


class NoMember(NotFound):
    """A workspace that does not exist or of which the actor is no member: the answer is the same."""

    def __init__(self, workspace: str) -> None:
        super().__init__(
            f"There is no workspace {workspace!r}, or you are not a member of it.",
            hint="GET /api/workspaces lists yours; an admin of a workspace adds members.",
        )
        self.workspace = workspace


def refusal(actor: Actor, scope: Scope, workspace: str | None) -> Forbidden:
    """Why an actor may not do something, and what would be needed."""
    if not actor.carries(scope):
        return _narrow_token(actor, scope)
    level = BY_SCOPE[scope].level
    if level == Level.INSTANCE_ADMIN or workspace is None:
        details = [FieldError("scope", scope), FieldError("role", level)]
        return Forbidden("Only an instance admin may do this.", hint=_ASK_INSTANCE, details=details)
    needed, held = role_for(scope), actor.role_in(workspace)
    return Forbidden(
        f"This needs the role {needed} in the workspace {workspace}; yours there is {held}.",
        hint=f"An admin of {workspace} can change your role.",
        details=[
            FieldError("scope", scope),
            FieldError("workspace", workspace),
            FieldError("role", str(needed)),
            FieldError("held", str(held)),
        ],
    )


_ASK_INSTANCE: Final = "An instance admin can do it, or make you one."


def _narrow_token(actor: Actor, scope: Scope) -> Forbidden:
    right = BY_SCOPE[scope]
    why = f"{actor.name} does not carry the scope {scope}." if right.tokens else "No API token may do this."
    hint = "Make a token that carries it." if right.tokens else "Log in as a person."
    return Forbidden(why, hint=hint, details=[FieldError("scope", scope)])


def local_admin(origin: Origin = NOWHERE) -> Actor:
    """The one person of an installation without login."""
    return Actor("local admin", Kind.LOCAL, everywhere=True, origin=origin)
