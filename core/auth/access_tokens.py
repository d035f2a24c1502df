"""Access tokens: JWT (RFC 7519, profile of RFC 9068), signed with a key of ours, good for minutes.

They say who and in which session. What that person may do is asked of the database with every request.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import jwt

from core.auth.keys import KeyRing, Keys
from core.kit import clock
from core.kit.errors import Unauthenticated
from core.kit.settings import Settings

ISSUER: Final = "dbt-workbench"
AUDIENCE: Final = "dbt-workbench-api"
TYPE: Final = "at+jwt"
REQUIRED: Final = ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]
LONGEST: Final = 4096


class Expired(Unauthenticated):
    """A token that was good; whoever holds it refreshes it, and nobody has to hear of it."""


@dataclass(frozen=True)
class Claims:
    """What an access token says."""

    user_id: int
    session_id: str


class AccessTokens:
    """Makes and reads access tokens."""

    def __init__(self, settings: Settings) -> None:
        self._algorithm = settings.jwt_algorithm
        self._keys = Keys(settings)
        self.seconds = settings.access_token_minutes * 60

    def make(self, user_id: int, session_id: str, token_id: str) -> str:
        """A token for a session."""
        now = clock.now()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": session_id,
            "jti": token_id,
            "iat": now,
            "exp": now + timedelta(seconds=self.seconds),
        }
        key = self._keys.ring().signing
        return jwt.encode(claims, key.secret, self._algorithm, headers={"kid": key.id, "typ": TYPE})

    def derive(self, *parts: str) -> str:
        """256 bits that only this server can make of these parts; the same until the key is rotated."""
        message = "\0".join(parts).encode("utf-8", "surrogatepass")
        key = self._keys.ring().signing.secret.encode()
        return base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).decode().rstrip("=")

    def read(self, token: str) -> Claims:
        """What a token says, once its signature, type, issuer, audience and time are found good.

        Raises:
            Unauthenticated: they are not.
        """
        try:
            return self._read(self._keys.ring(), token)
        except jwt.ExpiredSignatureError as error:
            raise Expired("The access token has expired.", hint="Refresh it, or log in.") from error
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise Unauthenticated("The access token is not valid.", hint="Log in again.") from error

    def _read(self, ring: KeyRing, token: str) -> Claims:
        header = jwt.get_unverified_header(token[: LONGEST + 1])
        key = ring.by_id.get(str(header.get("kid")))
        if key is None or header.get("typ") != TYPE or len(token) > LONGEST:
            raise jwt.InvalidTokenError
        claims: dict[str, Any] = jwt.decode(
            token,
            key.secret,
            algorithms=[self._algorithm],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": REQUIRED},
        )
        return Claims(int(claims["sub"]), str(claims["sid"]))
