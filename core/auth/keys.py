"""The keys that sign access tokens: one signs, it and the former ones are taken.

Without JWT_SECRET_KEY they live in `<data>/keys/access_tokens.json`, readable by this user only: a list of
`{"id", "secret", "made_at"}`, the one that signs first.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from core.kit import clock
from core.kit.errors import Conflict
from core.kit.key_file import make_once, read_rows, write_beside
from core.kit.settings import Settings

KEY_BYTES: Final = 48


@dataclass(frozen=True)
class Key:
    """A secret and the id by which tokens name it."""

    id: str
    secret: str


@dataclass(frozen=True)
class KeyRing:
    """The keys of this moment."""

    signing: Key
    by_id: Mapping[str, Key]


class Keys:
    """Finds the key ring; a rotation on disk is noticed with the next token."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = key_file(settings.data_dir)
        self._seen: tuple[int, KeyRing] | None = None

    def ring(self) -> KeyRing:
        """The keys as they are now."""
        given = self._settings.jwt_secret_key
        if given is not None:
            return _ring([_key(given.get_secret_value()), *map(_key, self._settings.previous_keys)])
        return self._from_file()

    def _from_file(self) -> KeyRing:
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            make_once(self._path, _new_row)
            changed = self._path.stat().st_mtime_ns
        if self._seen is None or self._seen[0] != changed:
            self._seen = (changed, _ring([Key(row["id"], row["secret"]) for row in read_rows(self._path)]))
        return self._seen[1]


def key_file(data_dir: Path) -> Path:
    """Where keys are kept that no setting gives."""
    return data_dir / "keys" / "access_tokens.json"


def rotate(settings: Settings, *, now: datetime | None = None) -> str:
    """Sign with a new key from now on; former ones are kept as long as a token of theirs can be alive.

    Returns the new key's id.

    Raises:
        Conflict: the keys are given by settings, which only their owner can change.
    """
    if settings.jwt_secret_key is not None:
        raise Conflict(
            "The key is given by JWT_SECRET_KEY.",
            hint="Set a new one, move the old one to JWT_PREVIOUS_SECRET_KEYS, and start again.",
        )
    path = key_file(settings.data_dir)
    if not path.exists():
        make_once(path, _new_row)
    moment = now or clock.now()
    oldest = moment - timedelta(minutes=settings.access_token_minutes)
    rows = read_rows(path)
    # A key was last used when the one before it in the list was made.
    kept = [row for row, successor in zip(rows[1:], rows, strict=False) if _made(successor) > oldest]
    fresh = _new_row(moment)
    write_beside(path, [fresh, rows[0], *kept]).replace(path)
    return str(fresh["id"])


def _ring(keys: list[Key]) -> KeyRing:
    return KeyRing(keys[0], {key.id: key for key in reversed(keys)})


def _key(secret: str) -> Key:
    """The id says nothing of the secret: a hash of 384 random bits cannot be turned round."""
    return Key(hashlib.sha256(b"dbt workbench key id" + secret.encode()).hexdigest()[:16], secret)


def _new_row(moment: datetime | None = None) -> dict[str, Any]:
    key = _key(secrets.token_urlsafe(KEY_BYTES))
    return {"id": key.id, "secret": key.secret, "made_at": (moment or clock.now()).isoformat()}


def _made(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(row["made_at"]))
