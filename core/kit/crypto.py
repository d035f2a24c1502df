"""Secrets at rest: encrypted by Fernet (AES-128-CBC with HMAC-SHA256), with keys that can be rotated.

Without ENCRYPTION_KEY the keys live in `<data>/encryption/keys.json`, readable by this user only: a list
of `{"key", "made_at"}`, the one that encrypts first. Not beside the keys of logins, which are the
API's alone: these are also needed where dbt is started.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.kit import clock
from core.kit.errors import Conflict, WorkbenchError
from core.kit.key_file import Row, make_once, read_rows, write_beside
from core.kit.settings import Settings

LOST: Final = (
    "Its key is not among those that are known: ENCRYPTION_KEY, ENCRYPTION_PREVIOUS_KEYS,"
    " or encryption/keys.json in the data folder."
)


class Undecryptable(WorkbenchError):
    """A secret was encrypted with a key that is not known here."""

    code = "undecryptable"


class Cipher:
    """Encrypts and decrypts texts; a rotation on disk is noticed with the next call."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = key_file(settings.data_dir)
        self._seen: tuple[int, MultiFernet] | None = None

    def encrypt(self, text: str) -> str:
        """The text, encrypted with the newest key."""
        return self._fernet().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted: str) -> str:
        """The text again.

        Raises:
            Undecryptable: no key that is known here has encrypted it.
        """
        try:
            return self._fernet().decrypt(encrypted.encode()).decode()
        except InvalidToken as error:
            raise Undecryptable("A secret cannot be decrypted.", hint=LOST) from error

    def again(self, encrypted: str) -> str:
        """The same secret, encrypted with the newest key.

        Raises:
            Undecryptable: no key that is known here has encrypted it.
        """
        return self.encrypt(self.decrypt(encrypted))

    def _fernet(self) -> MultiFernet:
        given = self._settings.encryption_key
        if given is not None:
            return _multi([given.get_secret_value(), *self._settings.previous_encryption_keys])
        try:
            changed = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            make_once(self._path, _new_row)
            changed = self._path.stat().st_mtime_ns
        if self._seen is None or self._seen[0] != changed:
            self._seen = (changed, _multi([str(row["key"]) for row in read_rows(self._path)]))
        return self._seen[1]


def key_file(data_dir: Path) -> Path:
    """Where keys are kept that no setting gives."""
    return data_dir / "encryption" / "keys.json"


def add_key(settings: Settings, *, now: datetime | None = None) -> None:
    """Encrypt with a new key from now on. The former ones stay: what they encrypted is still to be read.

    Raises:
        Conflict: the keys are given by settings, which only their owner can change.
    """
    if settings.encryption_key is not None:
        raise Conflict(
            "The key is given by ENCRYPTION_KEY.",
            hint="Set a new one, put the old one first in ENCRYPTION_PREVIOUS_KEYS, and start again.",
        )
    path = key_file(settings.data_dir)
    if not path.exists():
        make_once(path, _new_row)
    write_beside(path, [_new_row(now), *read_rows(path)]).replace(path)


def _new_row(moment: datetime | None = None) -> Row:
    return {"key": Fernet.generate_key().decode(), "made_at": (moment or clock.now()).isoformat()}


def _multi(keys: list[str]) -> MultiFernet:
    return MultiFernet([Fernet(_url_safe(key)) for key in keys])


def _url_safe(key: str) -> str:
    """Both alphabets of base64 are taken: openssl writes the plain one."""
    return key.replace("+", "-").replace("/", "_")
