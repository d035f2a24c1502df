"""Random secrets that people and programs hold, and the hashes that we keep.

API tokens read `dbtwb_pat_` or `dbtwb_svc_`, 40 random letters and digits, and a checksum of 6,
so that secret scanners find them and can tell a real one from an example without asking us.
"""

import hashlib
import secrets
import string
import zlib
from enum import StrEnum
from typing import Final

ALPHABET: Final = string.digits + string.ascii_letters
RANDOM_LENGTH: Final = 40
CHECKSUM_LENGTH: Final = 6
HINT_LENGTH: Final = 14
PREFIX: Final = "dbtwb_"


class TokenKind(StrEnum):
    """Whose an API token is; its value is part of the token."""

    PERSONAL = "pat"
    SERVICE = "svc"
    SYSTEM = "sys"


def new_secret() -> str:
    """256 random bits, as text that fits a cookie or a header."""
    return secrets.token_urlsafe(32)


def new_api_token(kind: TokenKind) -> str:
    """A fresh API token."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    head = f"{PREFIX}{kind}_{body}"
    return head + _checksum(head)


def is_api_token(text: str) -> bool:
    """Whether this can be one of our API tokens: prefix, length and checksum fit."""
    head, checksum = text[:-CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
    return text.startswith(PREFIX) and text.isascii() and checksum == _checksum(head)


def hint_of(token: str) -> str:
    """The beginning of a token, by which people tell theirs apart."""
    return token[:HINT_LENGTH]


def digest(secret: str) -> str:
    """What is kept of a secret. It is random enough that a slow hash would add nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(head: str) -> str:
    number = zlib.crc32(head.encode())
    letters = ""
    for _ in range(CHECKSUM_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters = ALPHABET[place] + letters
    return letters
