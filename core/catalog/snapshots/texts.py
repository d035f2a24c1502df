"""Code of nodes by its hash."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.snapshots.compare import Change
from core.catalog.snapshots.models import CodeText

OF_CODE = frozenset({"sql", "compiled"})
# Beyond this a comparison line by line helps nobody, and slows the page down.
LONGEST = 200_000


def texts_of(session: Session, workspace_id: int, changes: Iterable[Change]) -> dict[str, str]:
    """The texts that changes of code refer to, by hash; the beginning of very long ones."""
    hashes = {
        UUID(str(value))
        for change in changes
        if change.aspect in OF_CODE
        for value in (change.before, change.after)
        if value is not None
    }
    query = sa.select(CodeText.hash, sa.func.left(CodeText.text, LONGEST)).where(
        CodeText.workspace_id == workspace_id, CodeText.hash.in_(hashes)
    )
    return {str(key): text for key, text in session.execute(query)} if hashes else {}
