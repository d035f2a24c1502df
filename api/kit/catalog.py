"""Which catalog a request is about: of which environment, and as of when."""

from typing import Annotated

from fastapi import Depends, Query

from api.kit.access import WorkspaceDep
from api.kit.state import SessionDep
from core.catalog.reading import Reading, snapshot_of
from core.environments import service as environments
from core.runs.past import results_as_of

EnvironmentKey = Annotated[
    str | None, Query(description="Key of the environment; without it, the default one.", max_length=100)
]
SnapshotId = Annotated[
    int | None, Query(ge=1, le=2**63 - 1, description="As of this snapshot; without it, as it is now.")
]


def get_reading_now(
    workspace: WorkspaceDep, session: SessionDep, environment: EnvironmentKey = None
) -> Reading:
    """Dependency: the catalog of an environment as it is now. A workspace without any has an empty one."""
    if environment is None and not environments.environments_of(session, [workspace.id])[workspace.id]:
        return Reading(workspace.id, 0)
    found = environments.pick(session, workspace.id, environment)
    return Reading(workspace.id, found.id, found.key)


CatalogNow = Annotated[Reading, Depends(get_reading_now, scope="function")]


def get_reading(session: SessionDep, now: CatalogNow, snapshot: SnapshotId = None) -> Reading:
    """Dependency: the catalog of an environment, as of a snapshot if one is named."""
    if snapshot is None:
        return now
    found = snapshot_of(session, now.environment_id, snapshot)
    results = results_as_of(now.environment_id, found.ingested_at)
    return Reading(now.workspace_id, now.environment_id, now.environment, found, results)


CatalogDep = Annotated[Reading, Depends(get_reading, scope="function")]
