"""Removing files from the artifact store that nothing refers to any more."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.artifacts.models import Drop, RunArtifact
from core.artifacts.store import ArtifactStore
from core.catalog.models import CatalogState
from core.kit import clock
from core.workspaces.models import Workspace

# Whoever has just brought a file may not have written down yet what it belongs to.
GRACE: Final = timedelta(days=1)


def forget_files(session: Session, store: ArtifactStore, *, days: int) -> int:
    """Remove what belongs to no run, to no catalog as it is now, and to no drop of the last `days` days.

    Drops stay listed; only their bytes go. Answers how many files went.
    """
    return store.forget(set(_kept(session, days)), older_than_seconds=GRACE.total_seconds())


def _kept(session: Session, days: int) -> Iterator[str]:
    yield from session.scalars(sa.select(RunArtifact.digest).distinct())
    yield from filter(None, session.scalars(sa.select(Workspace.manifest_digest)))
    for artifacts in session.scalars(sa.select(CatalogState.artifacts)):
        yield from (entry["digest"] for entry in artifacts.values())
    recent = sa.or_(Drop.finished_at.is_(None), Drop.finished_at > clock.now() - timedelta(days=days))
    for files in session.scalars(sa.select(Drop.files).where(recent)):
        yield from (file["digest"] for file in files if file.get("digest"))
