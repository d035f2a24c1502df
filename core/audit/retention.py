"""Letting go of old rows of the audit log: the one way in which rows end."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.audit.service import By
from core.kit import clock


def forget(session: Session, days: int) -> int:
    """Delete rows older than this many days, and say so in the log. Returns how many.

    The application has no right to delete; a function of the database's owner does it, and takes nothing that
    is younger than 30 days.
    """
    before = clock.now() - timedelta(days=days)
    gone = session.scalar(sa.text("select workbench.forget_audit_logs(:before)"), {"before": before}) or 0
    if gone:
        data = {"rows": gone, "before": before.isoformat()}
        audit.record(session, By("retention"), audit.Tag.AUDIT_FORGOTTEN, data=data)
    return int(gone)
