"""Letting go of old rows of the audit log: the one way in which rows end."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.kit import clock


def forget(session: Session, days: int) -> int:
    """Delete rows older than this many days. Returns how many.

    The application has no right to delete; a function of the database's owner does it, takes nothing that is
    younger than 30 days, and leaves a row that says what it took.
    """
    before = clock.now() - timedelta(days=days)
    gone = session.scalar(sa.text("select workbench.forget_audit_logs(:before)"), {"before": before}) or 0
    return int(gone)
