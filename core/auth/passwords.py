"""Passwords: what they must be like, and Argon2id (RFC 9106, its second recommended parameters)."""

import secrets
import string
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final, Self

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.kit.errors import FieldError, Invalid, TooMany
from core.kit.settings import Settings

# Longer ones would only make the server work.
LONGEST: Final = 1024
GENERATED_LENGTH: Final = 20
_HASHER: Final = PasswordHasher()  # Argon2id, 64 MiB, three passes, four lanes
# Each takes 64 MiB: a crowd at the door must not take the memory of everything else, nor all threads.
_ROOM: Final = BoundedSemaphore(2)
_WAITING: Final = BoundedSemaphore(16)
RETRY_SECONDS: Final = 5


@dataclass(frozen=True)
class PasswordRules:
    """What a password must be like."""

    min_length: int
    require_uppercase: bool
    require_lowercase: bool
    require_digit: bool
    require_symbol: bool

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings say."""
        return cls(
            settings.password_min_length,
            settings.password_require_uppercase,
            settings.password_require_lowercase,
            settings.password_require_digit,
            settings.password_require_symbol,
        )

    def broken_by(self, password: str, *names: str) -> list[str]:
        """The rules that a password breaks, in words. It may not hold the person's own names either."""
        found = [words for words, is_kept in self._rules() if not is_kept(password)]
        if any(len(name) > 2 and name.lower() in password.lower() for name in names):
            found.append("must not contain your name or e-mail address")
        if len(set(password)) < 5:
            found.append("needs at least 5 different characters")
        return found

    def _rules(self) -> list[tuple[str, Callable[[str], bool]]]:
        rules: list[tuple[str, Callable[[str], bool]]] = [
            (f"needs at least {self.min_length} characters", lambda text: len(text) >= self.min_length),
            (f"may have {LONGEST} characters at most", lambda text: len(text) <= LONGEST),
        ]
        if self.require_uppercase:
            rules.append(("needs a capital letter", lambda text: any(c.isupper() for c in text)))
        if self.require_lowercase:
            rules.append(("needs a small letter", lambda text: any(c.islower() for c in text)))
        if self.require_digit:
            rules.append(("needs a digit", lambda text: any(c.isdigit() for c in text)))
        if self.require_symbol:
            rules.append(
                ("needs a character that is neither letter nor digit", lambda text: not text.isalnum())
            )
        return rules


def check_rules(rules: PasswordRules, password: str, *names: str, field: str = "password") -> None:
    """Refuse a password that breaks the rules.

    Raises:
        Invalid: it does; every broken rule is named.
    """
    broken = rules.broken_by(password, *names)
    if broken:
        raise Invalid(
            f"The password {'; '.join(broken)}.", details=[FieldError(field, words) for words in broken]
        )


def hash_password(password: str) -> str:
    """What is kept of a password.

    Raises:
        TooMany: many others are being looked at.
    """
    with _place():
        return _HASHER.hash(_bytes(password))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether this is the password. Without a hash it takes as long, and is False.

    Raises:
        TooMany: many others are being looked at.
    """
    try:
        with _place():
            matches = _HASHER.verify(password_hash or _NOBODYS, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return matches and password_hash is not None


@contextmanager
def _place() -> Generator[None]:
    if not _WAITING.acquire(blocking=False):
        raise TooMany("Too many logins at once.", retry_after_seconds=RETRY_SECONDS, hint="Try again.")
    try:
        with _ROOM:
            yield
    finally:
        _WAITING.release()


def generate(rules: PasswordRules) -> str:
    """A random password that keeps every rule."""
    symbols = "-_.!"
    letters = string.ascii_letters + string.digits
    while True:
        length = max(GENERATED_LENGTH, rules.min_length)
        password = "".join(secrets.choice(letters + symbols) for _ in range(length))
        if password[0] in letters and not rules.broken_by(password):
            return password


def _bytes(password: str) -> bytes:
    return password[: LONGEST + 1].encode("utf-8", "surrogatepass")


# For accounts that do not exist: whether one does must not show in the time that an answer takes.
_NOBODYS: Final = _HASHER.hash(secrets.token_bytes(32))
