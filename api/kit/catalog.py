"""Which catalog a request is about: of which environment, and as of when."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.concurrency import run_in_threadpool

from api.kit.access import PlaceDep
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


async def get_reading_now(place: PlaceDep, environment: EnvironmentKey = None) -> Reading:
    """Dependency: the catalog of an environment as it is now. A workspace without any has an empty one."""
    if environment is None and not place.environments:
        return Reading(place.workspace.id, 0)
    found = environments.pick_from(place.environments, environment)
    return Reading(place.workspace.id, found.id, found.key)


CatalogNow = Annotated[Reading, Depends(get_reading_now, scope="function")]


async def get_reading(session: SessionDep, now: CatalogNow, snapshot: SnapshotId = None) -> Reading:
    """Dependency: the catalog of an environment, as of a snapshot if one is named."""
    if snapshot is None:
        return now
    found = await run_in_threadpool(snapshot_of, session, now.environment_id, snapshot)
    results = results_as_of(now.environment_id, found.ingested_at)
    return Reading(now.workspace_id, now.environment_id, now.environment, found, results)


CatalogDep = Annotated[Reading, Depends(get_reading, scope="function")]
