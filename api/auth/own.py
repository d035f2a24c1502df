"""One's own sessions and tokens."""

from typing import Annotated

from fastapi import Path

from api.auth.schemas import MadeToken, NewTokenIn, SessionList, SessionOut, TokenItem, TokenList
from api.kit.access import GuardedRouter, SelfManager
from api.kit.errors import responses
from api.kit.state import SessionDep, StateDep
from core.auth import api_tokens, people, sessions
from core.auth.api_tokens import NewToken
from core.workspaces import service as workspaces

router = GuardedRouter(prefix="/auth", tags=["auth"])

SessionId = Annotated[str, Path(max_length=36)]
TokenId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/sessions", responses=responses(409))
def list_sessions(actor: SelfManager, session: SessionDep) -> SessionList:
    """One's own logins that are alive."""
    rows = sessions.sessions_of(session, people.own(session, actor).id)
    return SessionList(items=[SessionOut.of(row, actor) for row in rows], total=len(rows))


@router.delete("/sessions/{session_id}", status_code=204, responses=responses(404, 409))
def end_session(actor: SelfManager, session: SessionDep, session_id: SessionId) -> None:
    """End one of one's own logins at once."""
    sessions.end_one(session, actor, session_id.replace("\0", ""))


@router.delete("/sessions", status_code=204, responses=responses(409))
def end_other_sessions(actor: SelfManager, session: SessionDep) -> None:
    """End all one's own logins but the present one."""
    user = people.own(session, actor)
    sessions.end_all(session, actor.by, user.id, "ended by its owner", but=actor.session_id)


@router.get("/tokens", responses=responses(409))
def list_tokens(actor: SelfManager, session: SessionDep) -> TokenList:
    """One's own API tokens."""
    keys = workspaces.keys_by_id(session, actor)
    items = [TokenItem.of(row, keys) for row in api_tokens.personal_tokens(session, actor)]
    return TokenList(items=items, total=len(items))


@router.post("/tokens", status_code=201, responses=responses(404, 409))
def make_token(actor: SelfManager, session: SessionDep, state: StateDep, body: NewTokenIn) -> MadeToken:
    """Make an API token of one's own: it does what one may oneself, narrowed to scopes. Shown once."""
    workspace = None if body.workspace is None else workspaces.get_workspace(session, actor, body.workspace)
    wanted = NewToken(body.name, body.scopes, body.expires_in_days)
    place = (workspace.id, workspace.key) if workspace else None
    row, token = api_tokens.add_personal(session, actor, wanted, place, state.settings.token_max_days)
    keys = {workspace.id: workspace.key} if workspace else {}
    return MadeToken(token=token, item=TokenItem.of(row, keys))


@router.delete("/tokens/{token_id}", status_code=204, responses=responses(404, 409))
def revoke_token(actor: SelfManager, session: SessionDep, token_id: TokenId) -> None:
    """Revoke one of one's own API tokens at once."""
    api_tokens.revoke_personal(session, actor, token_id)
