"""Making the catalog out of the artifacts in the store, where there is none.

So it is after an upgrade from a release before snapshots, whose tables held only the state of the moment.
"""

from typing import Final

import sqlalchemy as sa

from core.artifacts.arrival import INGESTED, Arrival
from core.artifacts.bundle import ingest
from core.artifacts.models import Ingest
from core.artifacts.store import ArtifactStore, Stored
from core.catalog.models import CatalogState
from core.environments.models import Environment
from core.environments.service import environments_of
from core.kit.database import Database
from core.workspaces.models import Workspace

NAMES: Final = ("manifest.json", "catalog.json")
# Enough to come by a manifest with compiled SQL, and by columns, if there were any lately.
LATEST: Final = 40


def restore(db: Database, store: ArtifactStore, workspace: Workspace) -> int:
    """Take in again what the default environment had taken in; answers how many files.

    An environment that has a catalog is left alone.
    """
    with db.session() as session:
        known = environments_of(session, [workspace.id])[workspace.id]
        if not known or session.get(CatalogState, known[0].id) is not None:
            return 0
        query = (
            sa.select(Ingest)
            .where(
                Ingest.workspace_id == workspace.id,
                Ingest.environment_id.is_(None),
                Ingest.outcome == INGESTED,
                Ingest.name.in_(NAMES),
            )
            .order_by(Ingest.id.desc())
            .limit(LATEST)
        )
        rows = list(session.scalars(query))[::-1]
    return sum(_again(db, store, known[0], row) for row in rows)


def _again(db: Database, store: ArtifactStore, environment: Environment, row: Ingest) -> bool:
    if row.digest is None or not store.holds(row.digest):
        return False
    file = Stored(row.digest, store.path(row.digest).stat().st_size)
    origin = "parse" if row.run_id is None else "run"
    arrival = Arrival(environment.workspace_id, environment.id, origin, row.run_id, row.step or 1)
    return ingest(db, store, arrival, {row.name: file}).outcome == INGESTED
