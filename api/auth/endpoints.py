"""Logging in and out, who one is, one's password."""

from contextlib import suppress

from fastapi import Request, Response
from sqlalchemy.orm import Session

from api.auth import cookies
from api.auth.schemas import (
    AccountIn,
    LoginIn,
    MeOut,
    PasswordIn,
    RefreshIn,
    RolesOut,
    SwitchIn,
    TokenOut,
)
from api.kit.access import (
    GuardedRouter,
    PasswordChanger,
    SelfManager,
    SelfReader,
    bearer_of,
    identify,
    origin_of,
)
from api.kit.errors import domain_error, responses
from api.kit.state import SessionDep, State, StateDep
from core.auth import accounts
from core.auth.actor import Actor
from core.auth.attempts import limits_of
from core.auth.models import User
from core.auth.sessions import Credentials, Issued
from core.kit.errors import Conflict, Unauthenticated
from core.workspaces import service as workspaces

router = GuardedRouter(tags=["auth"])


@router.post("/auth/login", responses=responses(409, 429))
def login(body: LoginIn, request: Request, response: Response, state: StateDep) -> TokenOut:
    """Log in by name and password. Which of the two is wrong is not said."""
    _check_on(state)
    agent = request.headers.get("user-agent")
    credentials = Credentials(body.username, body.password.get_secret_value(), agent)
    issued = state.sessions.login(credentials, origin_of(request))
    return _answer(request, response, state, issued, by_cookie=body.delivery == "cookie")


@router.post("/auth/refresh", responses=responses(409), response_model=TokenOut)
def refresh(
    request: Request, response: Response, state: StateDep, body: RefreshIn | None = None
) -> TokenOut | Response:
    """Exchange a refresh token, which is good once, for a new one and a new access token.

    Whoever may lose the answer names the attempt at random in the header X-Refresh-Attempt, and repeats it
    with the same name: for a minute that gives the same new token, where any other second use ends the
    session.
    """
    _check_on(state)
    given = body.refresh_token if body else None
    token = given or cookies.refresh_cookie(request)
    try:
        attempt = request.headers.get(cookies.ATTEMPT_HEADER, "")[: cookies.LONGEST_ATTEMPT]
        issued = state.sessions.refresh(token or "", origin_of(request), attempt or None)
    except Unauthenticated as error:
        refused = domain_error(request, error)
        cookies.take_back(refused)
        return refused
    return _answer(request, response, state, issued, by_cookie=given is None)


@router.post("/auth/logout", status_code=204, responses=responses())
def logout(request: Request, state: StateDep, body: RefreshIn | None = None) -> Response:
    """End the session at once, with everything that was issued for it.

    By the cookie, a refresh token in the body, or the access token alone.
    """
    token = (body.refresh_token if body else None) or cookies.refresh_cookie(request)
    if token is not None:
        state.sessions.end_by_refresh_token(token, origin_of(request))
    elif bearer_of(request) is not None:
        with suppress(Unauthenticated):  # what is not good any more has nothing left to end
            state.sessions.end_present(identify(request))
    response = Response(status_code=204)
    cookies.take_back(response)
    return response


@router.get("/auth/me", responses=responses())
def me(actor: SelfReader, session: SessionDep, state: StateDep) -> MeOut:
    """Who one is, and what one may do where."""
    return _me(session, state, actor)


@router.patch("/auth/me", responses=responses(409))
def change_me(actor: SelfManager, session: SessionDep, state: StateDep, body: AccountIn) -> MeOut:
    """Change one's own name or address."""
    accounts.change_own(session, actor, body.model_dump(exclude_unset=True))
    return _me(session, state, actor)


@router.post("/auth/switch-workspace", responses=responses(404, 409))
def switch_workspace(actor: SelfManager, session: SessionDep, state: StateDep, body: SwitchIn) -> MeOut:
    """Choose the workspace that is shown first."""
    workspace = workspaces.get_workspace(session, actor, body.workspace)
    accounts.choose_workspace(session, actor, workspace.id, workspace.key)
    return _me(session, state, actor)


@router.post("/auth/password", status_code=204, responses=responses(409, 429))
def change_password(actor: PasswordChanger, state: StateDep, body: PasswordIn) -> None:
    """Replace one's own password; one's other sessions end."""
    current, new = body.current_password.get_secret_value(), body.new_password.get_secret_value()
    accounts.check_own_password(state.db, limits_of(state.settings), actor, current)
    with state.db.session() as session:
        accounts.change_own_password(session, actor, state.password_rules, current, new)


@router.get("/api/roles", responses=responses())
def roles(_actor: SelfReader, state: StateDep) -> RolesOut:
    """Which role may do what."""
    return RolesOut.all(state.settings.token_max_days)


def _check_on(state: State) -> None:
    if not state.settings.auth_enabled:
        raise Conflict("Login is off here.", hint="Set AUTH_ENABLED=true to have people log in.")


def _answer(
    request: Request, response: Response, state: State, issued: Issued, *, by_cookie: bool
) -> TokenOut:
    if by_cookie:
        cookies.give(request, response, issued, state.settings.refresh_token_minutes * 60)
    actor = state.identifier.by_bearer(issued.access_token, origin_of(request))
    with state.db.session() as session:
        return TokenOut(
            access_token=issued.access_token,
            expires_in=issued.expires_in,
            csrf_token=issued.csrf_token,
            refresh_token=None if by_cookie else issued.refresh_token,
            me=_me(session, state, actor),
        )


def _me(session: Session, state: State, actor: Actor) -> MeOut:
    user = session.get(User, actor.user_id) if actor.user_id is not None else None
    found = workspaces.list_workspaces(session, actor)
    return MeOut.of(actor, user, found, auth_enabled=state.settings.auth_enabled)
