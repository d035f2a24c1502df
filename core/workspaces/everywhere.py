"""Rights that have to be held in every workspace: Dagster's page knows no workspaces and shows all of them.

Archived workspaces count too: their runs are still in Dagster's history.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.auth.actor import Actor
from core.auth.rights import Scope
from core.kit.errors import FieldError, Forbidden
from core.workspaces.models import Workspace


def check(session: Session, actor: Actor, scope: Scope) -> None:
    """Refuse those who do not hold a scope in every workspace.

    Raises:
        Forbidden: they do not; workspaces of which they are no member are not named.
    """
    if actor.everywhere:
        actor.check_carries(scope)
        return
    keys = _keys(session)
    lacking = [key for key in keys if not actor.may(scope, key)]
    if lacking or not keys:
        named = sorted(key for key in lacking if key in actor.places)
        raise _refusal(scope, named, elsewhere=len(named) < len(lacking) or not named)


def held(session: Session, actor: Actor, scopes: Sequence[Scope]) -> list[Scope]:
    """Those of these scopes that an actor holds in every workspace.

    Where there is no workspace yet, only who is an admin everywhere holds any.
    """
    if actor.everywhere:
        return [scope for scope in scopes if actor.carries(scope)]
    keys = _keys(session)
    return [scope for scope in scopes if keys and all(actor.may(scope, key) for key in keys)]


def _keys(session: Session) -> list[str]:
    return list(session.scalars(sa.select(Workspace.key)))


def _refusal(scope: Scope, named: Sequence[str], *, elsewhere: bool) -> Forbidden:
    where = [f"in {key}" for key in named]
    if elsewhere:
        where.append("in workspaces that you are not a member of")
    lacking = ", ".join(where)
    return Forbidden(
        f"Dagster's page shows every workspace, so it needs {scope} in every one; you lack it {lacking}.",
        hint="An instance admin can open it, or give you a role in every workspace.",
        details=[FieldError("scope", scope), *(FieldError("workspace", key) for key in named)],
    )
