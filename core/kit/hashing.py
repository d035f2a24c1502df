"""Short names for content: BLAKE2b of 16 bytes, in the shape that PostgreSQL keeps as `uuid`."""

import hashlib
from uuid import UUID

SIZE = 16


def content_hash(content: bytes | memoryview) -> UUID:
    """The hash of some bytes."""
    return UUID(bytes=hashlib.blake2b(content, digest_size=SIZE).digest())


def text_hash(text: str | None) -> UUID | None:
    """The hash of a text; None of none."""
    return None if text is None else content_hash(text.encode())
