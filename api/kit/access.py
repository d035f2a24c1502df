"""Who asks, and whether they may: the one door of every route.

A route says what it needs by `Require(scope)`, which also appears in the OpenAPI document as `x-scope`. Where
the path names a workspace, the scope is needed in that workspace.
"""

from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from api.kit.state import SessionDep, WorkspaceKey, state_of
from core.auth.actor import Actor, Origin, local_admin
from core.auth.rights import Scope
from core.environments.service import WithEnvironments, with_environments
from core.kit.errors import Forbidden, Unauthenticated, WorkbenchError
from core.workspaces.models import Workspace

PAGE_COOKIE: Final = "workbench_page"
SCHEME: Final = "bearer "


HOW: Final = "Log in, or send a token as Authorization: Bearer."


class PasswordChangeNeeded(Forbidden):
    """Somebody else knows this person's password; nothing else is allowed before it is changed."""

    code = "password_change_required"


def origin_of(connection: HTTPConnection) -> Origin:
    """Where a request came from. What a proxy says is believed only of trusted ones (see `api.serve`)."""
    address = connection.client.host if connection.client else None
    return Origin(address, getattr(connection.state, "request_id", None))


def identify(connection: HTTPConnection) -> Actor:
    """Who asks, by the token in the Authorization header. Without login that is the local admin.

    Raises:
        Unauthenticated: there is no token, or it is not good.
    """
    state = state_of(connection)
    if not state.settings.auth_enabled:
        return local_admin(origin_of(connection))
    credential = bearer_of(connection)
    if credential is None:
        raise Unauthenticated("You are not logged in.", hint=HOW)
    return state.identifier.by_bearer(credential, origin_of(connection))


def identify_page(connection: HTTPConnection) -> Actor:
    """Who asks for Dagster's page: by its cookie, or by a token.

    Raises:
        Unauthenticated: neither is there, or it is not good.
    """
    cookie = connection.cookies.get(PAGE_COOKIE)
    state = state_of(connection)
    if not state.settings.auth_enabled or cookie is None or bearer_of(connection) is not None:
        actor = identify(connection)
    else:
        actor = state.identifier.by_page_token(cookie, origin_of(connection))
    connection.state.actor = actor
    check_password_changed(actor)
    return actor


def bearer_of(connection: HTTPConnection) -> str | None:
    """The token in the Authorization header."""
    header = connection.headers.get("authorization", "")
    return header[len(SCHEME) :].strip() if header.lower().startswith(SCHEME) else None


async def get_actor(request: Request) -> Actor:
    """Dependency: who asks."""
    known: Actor | None = getattr(request.state, "actor", None)
    if known is None:
        known = request.state.actor = await run_in_threadpool(identify, request)
    return known


ActorDep = Annotated[Actor, Depends(get_actor)]


class Require:
    """A dependency that refuses those who do not hold a scope.

    `at_once`: those who have to change their password first may, too. A token or an address that somebody
    left in an account before its owner came would outlive that change.
    """

    def __init__(self, scope: Scope, *, at_once: bool = False) -> None:
        self.scope = scope
        self._at_once = at_once

    async def __call__(self, request: Request, actor: ActorDep) -> Actor:
        """The actor, who may."""
        self.check(request, actor)
        return actor

    def check(self, request: Request, actor: Actor) -> None:
        """Refuse an actor who may not; see the function of this name."""
        check(actor, self.scope, request.path_params.get("workspace"), at_once=self._at_once)


class GuardedRoute(APIRoute):
    """Asks who it is, and whether they may, before the body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the door."""
        handler, door = super().get_route_handler(), _door_of(self.dependant)

        async def guarded(request: Request) -> Response:
            if door is not None:
                door.check(request, await get_actor(request))
            return await handler(request)

        return guarded


class GuardedRouter(APIRouter):
    """A router of such routes."""

    def __init__(self, prefix: str = "", tags: list[str | Enum] | None = None) -> None:
        super().__init__(prefix=prefix, tags=tags, route_class=GuardedRoute)


def check(actor: Actor, scope: Scope, workspace: str | None, *, at_once: bool = False) -> None:
    """Refuse an actor who does not hold a scope.

    Raises:
        NotFound: they are no member of the workspace.
        Forbidden: their role or token lacks the scope, or they have to change their password first.
    """
    if not at_once:
        check_password_changed(actor)
    actor.require(scope, workspace)


def check_password_changed(actor: Actor) -> None:
    """Raise PasswordChangeNeeded for people whose password somebody else has set."""
    if actor.must_change_password:
        raise PasswordChangeNeeded(
            "Change your password first.", hint="On the page /profile, or by POST /auth/password."
        )


def still_may(connection: HTTPConnection, scope: Scope, workspace: str) -> bool:
    """Whether whoever opened a stream may go on reading it. While the database is away: yes."""
    try:
        check(identify(connection), scope, workspace)
    except SQLAlchemyError:
        return True
    except WorkbenchError:
        return False
    return True


def scope_of(route: APIRoute) -> Scope | None:
    """The scope that a route needs; None for public ones."""
    door = _door_of(route.dependant)
    return door.scope if door else None


def _door_of(dependant: Dependant) -> Require | None:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Require):
            return inner.call
    return None


def describe(router: APIRouter) -> None:
    """Write into the OpenAPI document what each route needs."""
    for route in router.routes:
        if isinstance(route, APIRoute) and (scope := scope_of(route)):
            extra: dict[str, Any] = dict(route.openapi_extra or {})
            extra["x-scope"] = str(scope)
            extra["security"] = [{"bearer": []}]
            route.openapi_extra = extra


def get_place(key: WorkspaceKey, actor: ActorDep, session: SessionDep) -> WithEnvironments:
    """Dependency: the workspace of the path with its environments, if the actor may see it."""
    return with_environments(session, actor, key)


PlaceDep = Annotated[WithEnvironments, Depends(get_place, scope="function")]


async def get_workspace(place: PlaceDep) -> Workspace:
    """Dependency: the workspace of the path, if the actor may see it."""
    return place.workspace


WorkspaceDep = Annotated[Workspace, Depends(get_workspace, scope="function")]

SelfReader = Annotated[Actor, Depends(Require(Scope.ACCOUNT_READ, at_once=True))]
SelfManager = Annotated[Actor, Depends(Require(Scope.ACCOUNT_MANAGE))]
PasswordChanger = Annotated[Actor, Depends(Require(Scope.ACCOUNT_MANAGE, at_once=True))]
WorkspaceLister = Annotated[Actor, Depends(Require(Scope.WORKSPACE_LIST))]
PluginReader = Annotated[Actor, Depends(Require(Scope.PLUGIN_READ))]
WorkspaceReader = Annotated[Actor, Depends(Require(Scope.WORKSPACE_READ))]
CatalogReader = Annotated[Actor, Depends(Require(Scope.CATALOG_READ))]
RunReader = Annotated[Actor, Depends(Require(Scope.RUN_READ))]
ArtifactReader = Annotated[Actor, Depends(Require(Scope.ARTIFACT_READ))]
MemberReader = Annotated[Actor, Depends(Require(Scope.MEMBER_READ))]
JobReader = Annotated[Actor, Depends(Require(Scope.JOB_READ))]
JobEditor = Annotated[Actor, Depends(Require(Scope.JOB_EDIT))]
RunStarter = Annotated[Actor, Depends(Require(Scope.RUN_START))]
RunCanceller = Annotated[Actor, Depends(Require(Scope.RUN_CANCEL))]
ArtifactUploader = Annotated[Actor, Depends(Require(Scope.ARTIFACT_UPLOAD))]
LineageTracer = Annotated[Actor, Depends(Require(Scope.LINEAGE_TRACE))]
CatalogEditor = Annotated[Actor, Depends(Require(Scope.CATALOG_EDIT))]
WorkspaceEditor = Annotated[Actor, Depends(Require(Scope.WORKSPACE_EDIT))]
EnvironmentEditor = Annotated[Actor, Depends(Require(Scope.ENVIRONMENT_EDIT))]
NotificationReader = Annotated[Actor, Depends(Require(Scope.NOTIFICATION_READ))]
NotificationEditor = Annotated[Actor, Depends(Require(Scope.NOTIFICATION_EDIT))]
MemberManager = Annotated[Actor, Depends(Require(Scope.MEMBER_MANAGE))]
TokenManager = Annotated[Actor, Depends(Require(Scope.TOKEN_MANAGE))]
AuditReader = Annotated[Actor, Depends(Require(Scope.AUDIT_READ))]
WorkspaceManager = Annotated[Actor, Depends(Require(Scope.WORKSPACE_MANAGE))]
UserManager = Annotated[Actor, Depends(Require(Scope.USER_MANAGE))]
WholeAuditReader = Annotated[Actor, Depends(Require(Scope.AUDIT_READ_ALL))]
