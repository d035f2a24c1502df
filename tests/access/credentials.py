"""Credentials that are no good (any more), each by name; and real logins."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import jwt
import sqlalchemy as sa

from core.auth.access_tokens import AUDIENCE, ISSUER, TYPE
from core.auth.actor import Origin
from core.auth.models import ApiToken, LoginSession, User
from core.auth.secret_text import TokenKind, new_api_token
from core.auth.sessions import Credentials, Issued
from core.kit import clock
from tests.access.world import PASSWORD, PEOPLE, SHOP, World, header, page_token

HERE: Final = Origin("127.0.0.1")
WHO: Final = "instance admin"
OTHER_KEY: Final = "another key, which is long enough for any algorithm of this family and more"


def login(world: World, column: str) -> Issued:
    """Log in as people do."""
    return world.state.sessions.login(Credentials(PEOPLE[column].name, PASSWORD), HERE)


def good_claims(column: str = WHO) -> dict[str, Any]:
    """What a good access token says."""
    person, now = PEOPLE[column], clock.now()
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(person.number),
        "sid": person.session_id,
        "jti": "forged",
        "iat": now,
        "exp": now + timedelta(minutes=5),
    }


def signed(
    world: World,
    claims: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, Any] | None = None,
    without: str = "",
    algorithm: str = "HS256",
    key: str | None = None,
) -> str:
    """An access token that is good but for what is given."""
    ring = world.access_tokens._keys.ring()
    said = {**good_claims(), **(claims or {})}
    said.pop(without, None)
    return jwt.encode(
        said,
        ring.signing.secret if key is None else key,
        algorithm,
        headers={"kid": ring.signing.id, "typ": TYPE, **(headers or {})},
    )


def by_hand(world: World, algorithm: str, *, sign: bool, without: str = "") -> str:
    """A token that names an algorithm and is signed by the bytes of our key all the same, or not at all."""
    key = world.access_tokens._keys.ring().signing
    claims = {name: int(v.timestamp()) if name in {"iat", "exp"} else v for name, v in good_claims().items()}
    said = {"alg": algorithm, "kid": key.id, "typ": TYPE}
    said.pop(without, None)
    parts = [_segment(said), _segment(claims)]
    body = ".".join(parts)
    mac = hmac.new(key.secret.encode(), body.encode(), hashlib.sha256).digest() if sign else b""
    return f"{body}.{_text(mac)}"


def _segment(value: Mapping[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _logged_out(world: World) -> str:
    issued = login(world, "sam")
    answer = world.client.post("/auth/logout", json={"refresh_token": issued.refresh_token})
    assert answer.status_code == 204
    return issued.access_token


def _signed_out(world: World) -> str:
    issued = login(world, "sam")
    answer = world.client.post("/api/admin/users/sam/sign-out", headers=world.bearer(WHO))
    assert answer.status_code == 204
    return issued.access_token


def _ended_elsewhere(world: World) -> str:
    mine, other = login(world, "sam"), login(world, "sam")
    path = f"/auth/sessions/{mine.session_id}"
    assert world.client.delete(path, headers=header(other.access_token)).status_code == 204
    return mine.access_token


def _password_changed(world: World) -> str:
    mine, other = login(world, "sam"), login(world, "sam")
    body = {"current_password": PASSWORD, "new_password": "Another-horse-8"}
    answer = world.client.post("/auth/password", json=body, headers=header(other.access_token))
    assert answer.status_code == 204
    assert world.client.get("/auth/me", headers=header(other.access_token)).status_code == 200
    return mine.access_token


def _password_reset(world: World) -> str:
    issued = login(world, "sam")
    answer = world.client.post("/api/admin/users/sam/reset-password", headers=world.bearer(WHO))
    assert answer.status_code == 200
    return issued.access_token


def _refresh_token_twice(world: World) -> str:
    issued = login(world, "sam")
    fresh = world.state.sessions.refresh(issued.refresh_token, HERE)
    answer = world.client.post("/auth/refresh", json={"refresh_token": issued.refresh_token})
    assert answer.status_code == 401
    return fresh.access_token


def _deactivated(world: World) -> str:
    issued = login(world, "sam")
    path = "/api/admin/users/sam"
    assert world.client.patch(path, json={"is_active": False}, headers=world.bearer(WHO)).status_code == 200
    return issued.access_token


def _deactivated_and_active_again(world: World) -> str:
    token = _deactivated(world)
    path = "/api/admin/users/sam"
    assert world.client.patch(path, json={"is_active": True}, headers=world.bearer(WHO)).status_code == 200
    return token


def _inactive_in_the_table(world: World) -> str:
    issued = login(world, "sam")
    with world.state.db.session() as session:
        session.execute(sa.update(User).where(User.username == "sam").values(is_active=False))
    return issued.access_token


def _deleted(world: World) -> str:
    issued = login(world, "sam")
    assert world.client.delete("/api/admin/users/sam", headers=world.bearer(WHO)).status_code == 204
    return issued.access_token


def _session_over(world: World) -> str:
    issued = login(world, "sam")
    over = clock.now() - timedelta(seconds=1)
    with world.state.db.session() as session:
        mine = LoginSession.id == issued.session_id
        session.execute(sa.update(LoginSession).where(mine).values(expires_at=over))
    return issued.access_token


def _made_token(world: World) -> tuple[str, int]:
    body = {"name": "mine", "scopes": ["catalog:read"], "expires_in_days": 1}
    answer = world.client.post("/auth/tokens", json=body, headers=world.bearer("admin"))
    assert answer.status_code == 201
    made = answer.json()
    assert (
        world.client.get(f"/api/workspaces/{SHOP}/models", headers=header(made["token"])).status_code == 200
    )
    return made["token"], made["item"]["id"]


def _expired_token(world: World) -> str:
    token, number = _made_token(world)
    with world.state.db.session() as session:
        over = clock.now() - timedelta(seconds=1)
        session.execute(sa.update(ApiToken).where(ApiToken.id == number).values(expires_at=over))
    return token


def _revoked_token(world: World) -> str:
    token, number = _made_token(world)
    assert world.client.delete(f"/auth/tokens/{number}", headers=world.bearer("admin")).status_code == 204
    return token


def _revoked_service_token(world: World) -> str:
    path = f"/api/workspaces/{SHOP}/tokens"
    body = {"name": "ci", "scopes": ["catalog:read"], "expires_in_days": 1}
    made = world.client.post(path, json=body, headers=world.bearer("admin")).json()
    gone = world.client.delete(f"{path}/{made['item']['id']}", headers=world.bearer("admin"))
    assert gone.status_code == 204
    return made["token"]


def _token_of_somebody_inactive(world: World) -> str:
    token, _ = _made_token(world)
    path = f"/api/admin/users/{PEOPLE['admin'].name}"
    assert world.client.patch(path, json={"is_active": False}, headers=world.bearer(WHO)).status_code == 200
    return token


def _token_of_somebody_deleted(world: World) -> str:
    token, _ = _made_token(world)
    path = f"/api/admin/users/{PEOPLE['admin'].name}"
    assert world.client.delete(path, headers=world.bearer(WHO)).status_code == 204
    return token


def _ago(**time: float) -> Any:
    return clock.now() - timedelta(**time)


FORGED: Final[Mapping[str, Callable[[World], str]]] = {
    "expired": lambda world: signed(world, {"iat": _ago(hours=1), "exp": _ago(seconds=1)}),
    "not good yet": lambda world: signed(world, {"nbf": _ago(hours=-1)}),
    "issued in the future": lambda world: signed(world, {"iat": _ago(hours=-1), "exp": _ago(hours=-2)}),
    "alg none": lambda world: by_hand(world, "none", sign=False),
    "alg none, signed": lambda world: by_hand(world, "none", sign=True),
    "alg None in other letters": lambda world: by_hand(world, "nOnE", sign=False),
    "no signature": lambda world: by_hand(world, "HS256", sign=False),
    "RS256 signed with our bytes": lambda world: by_hand(world, "RS256", sign=True),
    "HS512 with our key": lambda world: signed(world, algorithm="HS512"),
    "another key, our kid": lambda world: signed(world, key=OTHER_KEY),
    "the empty key, our kid": lambda world: (
        by_hand(world, "HS256", sign=True)[:-43]
        + _text(hmac.new(b"", by_hand(world, "HS256", sign=False)[:-1].encode(), hashlib.sha256).digest())
    ),
    "no kid": lambda world: by_hand(world, "HS256", sign=True, without="kid"),
    "unknown kid": lambda world: signed(world, headers={"kid": "unknown"}),
    "kid of a file": lambda world: signed(world, headers={"kid": "../../../dev/null"}),
    "key in the header": lambda world: signed(
        world, key=OTHER_KEY, headers={"jwk": {"kty": "oct", "k": _text(OTHER_KEY.encode())}}
    ),
    "another type": lambda world: signed(world, headers={"typ": "JWT"}),
    "no type": lambda world: by_hand(world, "HS256", sign=True, without="typ"),
    "another audience": lambda world: signed(world, {"aud": "somebody else"}),
    "another issuer": lambda world: signed(world, {"iss": "somebody else"}),
    "a subject that is no number": lambda world: signed(world, {"sub": "ines"}),
    "the session of another": lambda world: signed(world, {"sid": PEOPLE["viewer"].session_id}),
    "a session that never was": lambda world: signed(world, {"sid": "never"}),
    **{
        f"without {name}": lambda world, name=name: signed(world, without=name)
        for name in ("iss", "aud", "sub", "sid", "iat", "exp", "jti")
    },
    "garbage": lambda _world: "garbage",
    "three dots": lambda _world: "...",
    "not ASCII": lambda _world: "\xe9\xff.\xe9.\xe9",
    "nested deep": lambda _world: f"{_text(b'[' * 3000)}.e30.e30",
    "overlong": lambda world: signed(world, {"more": "x" * 5000}),
    "very overlong": lambda _world: "x" * 60_000,
    "empty": lambda _world: "",
    "an API token nobody made": lambda _world: new_api_token(TokenKind.PERSONAL),
    "an API token with a wrong checksum": lambda world: world.personal.text[:-1] + "~",
    "an API token cut short": lambda world: world.personal.text[:-1],
    "the hash of an API token": lambda world: hashlib.sha256(world.personal.text.encode()).hexdigest(),
    "two at once": lambda world: f"{signed(world)}, {signed(world)}",
}

SWAPPED: Final[Mapping[str, Callable[[World], str]]] = {
    "a refresh token": lambda world: login(world, "sam").refresh_token,
    "a token of Dagster's page": lambda _world: page_token(PEOPLE[WHO]),
    "the id of a session": lambda _world: PEOPLE[WHO].session_id,
    "a password": lambda _world: PASSWORD,
}

ENDED: Final[Mapping[str, Callable[[World], str]]] = {
    "logged out": _logged_out,
    "signed out by an instance admin": _signed_out,
    "ended by its owner elsewhere": _ended_elsewhere,
    "from before the password was changed": _password_changed,
    "from before the password was reset": _password_reset,
    "of a session whose refresh token came twice": _refresh_token_twice,
    "of a session that is over": _session_over,
    "of somebody deactivated": _deactivated,
    "of somebody deactivated and made active again": _deactivated_and_active_again,
    "of somebody who is not active": _inactive_in_the_table,
    "of somebody deleted": _deleted,
    "API token, expired": _expired_token,
    "API token, revoked": _revoked_token,
    "service token, revoked": _revoked_service_token,
    "API token of somebody not active": _token_of_somebody_inactive,
    "API token of somebody deleted": _token_of_somebody_deleted,
}
