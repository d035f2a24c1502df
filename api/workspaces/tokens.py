"""Service tokens of a workspace: they outlive whoever made them."""

from api.auth.own import TokenId
from api.auth.schemas import MadeToken, NewServiceTokenIn, TokenItem, TokenList
from api.kit.access import GuardedRouter, TokenManager, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep, StateDep
from core.auth import api_tokens
from core.auth.api_tokens import NewToken
from core.workspaces.service import check_in_use

router = GuardedRouter(prefix="/api/workspaces/{workspace}/tokens", tags=["tokens"])


@router.get("", responses=responses(404))
def list_service_tokens(_actor: TokenManager, workspace: WorkspaceDep, session: SessionDep) -> TokenList:
    """The service tokens of a workspace, newest first."""
    keys = {workspace.id: workspace.key}
    items = [TokenItem.of(row, keys) for row in api_tokens.service_tokens(session, workspace.id)]
    return TokenList(items=items, total=len(items))


@router.post("", status_code=201, responses=responses(404, 409))
def make_service_token(
    actor: TokenManager,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    body: NewServiceTokenIn,
) -> MadeToken:
    """Make a service token. It is shown once."""
    check_in_use(workspace)
    wanted = NewToken(body.name, body.scopes, body.expires_in_days)
    limit = state.settings.token_max_days
    row, token = api_tokens.add_service(session, actor, wanted, workspace.id, limit)
    return MadeToken(token=token, item=TokenItem.of(row, {workspace.id: workspace.key}))


@router.delete("/{token_id}", status_code=204, responses=responses(404))
def revoke_service_token(
    actor: TokenManager, workspace: WorkspaceDep, session: SessionDep, token_id: TokenId
) -> None:
    """Revoke a service token at once."""
    api_tokens.revoke_service(session, actor, workspace.id, token_id)
