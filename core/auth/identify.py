"""From what a request shows to who asks.

One query, with every request, so that what is ended or taken away stops at once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row
from sqlalchemy.exc import DBAPIError

from core.auth.access_tokens import AccessTokens
from core.auth.actor import Actor, Kind, Origin, Place
from core.auth.rights import TOKEN_SCOPES, Role
from core.auth.secret_text import TokenKind, digest, is_api_token
from core.kit.errors import Unauthenticated

_PERSON: Final = """
  u.id as user_id, u.username, u.is_instance_admin, u.must_change_password,
  (select coalesce(json_agg(json_build_array(w.id, w.key, m.role)), '[]')
     from workbench.user_workspaces m join workbench.workspaces w on w.id = m.workspace_id
    where m.user_id = u.id) as places
"""

_SESSION: Final = (
    "select s.id as session_id,"
    + _PERSON
    + """
  from workbench.login_sessions s join workbench.users u on u.id = s.user_id
 where s.ended_at is null and s.expires_at > now() and u.is_active and """
)

# When something was last used is written once a minute, within the same query.
_BY_ACCESS_TOKEN: Final = sa.text(
    """
  with seen as (update workbench.login_sessions set last_seen_at = now()
         where id = :session and last_seen_at < now() - interval '1 minute')
"""
    + _SESSION
    + "s.id = :session and s.user_id = :user"
)

_BY_PAGE_TOKEN: Final = sa.text(_SESSION + "s.page_token_hash = :hash")

_BY_API_TOKEN: Final = sa.text(
    """
  with seen as (update workbench.api_tokens set last_used_at = now(), last_used_address = :address
         where token_hash = :hash and (last_used_at is null or last_used_at < now() - interval '1 minute'
            or last_used_address is distinct from :address))
select t.id as token_id, t.kind, t.name, t.scopes, t.workspace_id, w.key as workspace_key,"""
    + _PERSON
    + """
  from workbench.api_tokens t
  left join workbench.users u on u.id = t.user_id
  left join workbench.workspaces w on w.id = t.workspace_id
 where t.token_hash = :hash and (t.expires_at is null or t.expires_at > now())
   and (t.user_id is null or u.is_active)
"""
)


class Identifier:
    """Tells who asks. One instance is shared by all threads; its engine is one for lookups."""

    def __init__(self, engine: Engine, tokens: AccessTokens) -> None:
        self.engine = engine
        self._tokens = tokens

    def by_bearer(self, credential: str, origin: Origin) -> Actor:
        """Who holds this access token or API token.

        Raises:
            Unauthenticated: it is forged, expired, revoked, or its owner is gone or not active.
        """
        if is_api_token(credential):
            return self._by_api_token(credential, origin)
        claims = self._tokens.read(credential)
        values = {"session": claims.session_id, "user": claims.user_id}
        return self._person(_BY_ACCESS_TOKEN, values, origin)

    def by_page_token(self, credential: str, origin: Origin) -> Actor:
        """Who holds this cookie of Dagster's page.

        Raises:
            Unauthenticated: its session has ended.
        """
        return self._person(_BY_PAGE_TOKEN, {"hash": digest(credential)}, origin)

    def _person(self, query: sa.TextClause, values: Mapping[str, Any], origin: Origin) -> Actor:
        row = self._one(query, values)
        if row is None:
            raise Unauthenticated("The session has ended.", hint="Log in again.")
        return Actor(
            row.username,
            Kind.PERSON,
            everywhere=row.is_instance_admin,
            places=_places(row.places),
            user_id=row.user_id,
            session_id=row.session_id,
            must_change_password=row.must_change_password,
            origin=origin,
        )

    def _by_api_token(self, token: str, origin: Origin) -> Actor:
        row = self._one(_BY_API_TOKEN, {"hash": digest(token), "address": origin.address})
        if row is None:
            raise Unauthenticated("The token is unknown, expired or revoked.", hint="Make a new one.")
        carried = frozenset(scope for scope in TOKEN_SCOPES if scope in row.scopes)
        everywhere = row.kind == TokenKind.SYSTEM or bool(row.is_instance_admin and row.workspace_id is None)
        return Actor(
            _token_name(row),
            Kind.SYSTEM if row.kind == TokenKind.SYSTEM else Kind.TOKEN,
            everywhere=everywhere,
            places=_token_places(row),
            carried=carried,
            user_id=row.user_id,
            token_id=row.token_id,
            must_change_password=bool(row.must_change_password),
            origin=origin,
        )

    def _one(self, query: sa.TextClause, values: Mapping[str, Any]) -> Row[Any] | None:
        try:
            return self._ask(query, values)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return self._ask(query, values)  # the server was away since the last time

    def _ask(self, query: sa.TextClause, values: Mapping[str, Any]) -> Row[Any] | None:
        with self.engine.connect() as connection:
            return connection.execute(query, values).first()


def _places(rows: Sequence[tuple[int, str, str]] | None) -> dict[str, Place]:
    return {key: Place(workspace_id, key, Role(role)) for workspace_id, key, role in rows or ()}


def _token_name(row: Row[Any]) -> str:
    if row.kind == TokenKind.SYSTEM:
        return str(row.name)
    return f"{row.username} (token {row.name})" if row.username else f"service token {row.name}"


def _token_places(row: Row[Any]) -> dict[str, Place]:
    """Where a token reaches: never further than its owner, and no further than it was narrowed to."""
    if row.workspace_id is None:
        return _places(row.places)
    own = Place(row.workspace_id, row.workspace_key, Role.ADMIN)
    if row.kind == TokenKind.SERVICE or row.is_instance_admin:
        return {own.key: own}
    places = _places(row.places)
    return {own.key: places[own.key]} if own.key in places else {}
