"""Bringing artifacts by upload, and what became of everything that was brought."""

import errno
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.artifacts.receiving import UploadCutOff, receive, receiver_for
from api.artifacts.schemas import (
    ArtifactStatusOut,
    DropList,
    DropOut,
    FileInEffectOut,
    FileRefusedOut,
    FileStatusOut,
    PlaceList,
    UploadQuery,
)
from api.kit.access import ArtifactReader, ArtifactUploader, GuardedRouter, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep, State, StateDep, WorkspaceKey
from core.artifacts import drops, upload
from core.artifacts.delivery import Limits
from core.artifacts.drops import DropFilter, DropView
from core.artifacts.models import DropState
from core.artifacts.state import FileState, files_in_effect, places_in_words
from core.artifacts.upload import Upload
from core.auth.actor import Actor
from core.environments import service as environments
from core.kit.errors import Unavailable

router = GuardedRouter(prefix="/api/workspaces/{workspace}/artifacts", tags=["artifacts"])

EnvironmentKey = Annotated[
    str | None, Query(max_length=100, description="Key of an environment; the default one if left out.")
]
DropId = Annotated[int, Path(ge=1, le=2**63 - 1)]

_FILE: Final[dict[str, Any]] = {"type": "string", "format": "binary"}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {"type": "array", "items": _FILE, "description": "Artifacts, or an archive."}
                    },
                    "additionalProperties": _FILE,
                }
            },
            "application/zip": {"schema": _FILE},
            "application/gzip": {"schema": _FILE},
            "application/x-tar": {"schema": _FILE},
            "application/octet-stream": {"schema": _FILE},
            "application/json": {
                "schema": {"type": "object", "description": "One artifact; `name` says which."}
            },
        },
    }
}


@router.post(
    "",
    status_code=201,
    response_model=DropOut,
    responses={
        200: {"model": DropOut, "description": "The same was brought before."},
        **responses(404, 409, 413),
    },
    openapi_extra=_BODY,
)
async def upload_artifacts(
    request: Request,
    response: Response,
    actor: ArtifactUploader,
    key: WorkspaceKey,
    state: StateDep,
    query: Annotated[UploadQuery, Query()],
) -> Any:
    """Bring any of manifest.json, catalog.json, run_results.json and sources.json, or an archive of target/.

    The answer comes once everything is safe and known to be whole; the catalog follows within seconds.
    Bringing the same again is no second drop.
    """
    wanted = Upload(key, query.environment, query.label, create_environment=query.create_environment)
    await run_in_threadpool(_check_allowed, state, actor, wanted)
    try:
        with state.store.spool() as spool:
            delivered = await receive(request, receiver_for(request, query.name, spool))
            limits = Limits.of(state.settings)
            named = replace(wanted, label=query.label or ", ".join(item.name for item in delivered))
            view, new = await run_in_threadpool(
                upload.accept, state.db, state.store, actor, named, delivered, spool, limits
            )
    except UploadCutOff:
        return Response(status_code=400)  # nobody is there to read it
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise Unavailable("There is no room left in the data folder.") from error
    response.status_code = 201 if new else 200
    return DropOut.of(view)


def _check_allowed(state: State, actor: Actor, wanted: Upload) -> None:
    with state.db.session() as session:
        upload.check_allowed(session, actor, wanted)


@router.get("/drops", responses=responses(404))
def list_drops(
    _actor: ArtifactReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: Annotated[list[DropState], Query(max_length=10)] = [],  # noqa: B006 - FastAPI copies defaults
    environment: EnvironmentKey = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> DropList:
    """What was brought, newest first. Without `environment`: to any of them."""
    wanted = DropFilter(state, environment)
    found = drops.page(session, workspace.id, wanted, cursor=cursor, limit=limit)
    items = [DropOut.of(view) for view in found.items]
    return DropList(items=items, total=found.total, next_cursor=found.next_cursor)


@router.get("/drops/{drop_id}", responses=responses(404))
def get_drop(
    _actor: ArtifactReader, workspace: WorkspaceDep, session: SessionDep, drop_id: DropId
) -> DropOut:
    """One drop, with what became of each of its files."""
    return DropOut.of(drops.get_drop(session, workspace.id, drop_id))


@router.post("/drops/{drop_id}/retry", responses=responses(404, 409))
def retry_drop(
    actor: ArtifactUploader, workspace: WorkspaceDep, session: SessionDep, drop_id: DropId
) -> DropOut:
    """Try once more to take in a drop that was refused."""
    view: DropView = drops.retry(session, actor, workspace, drop_id)
    return DropOut.of(view)


@router.get("/status", responses=responses(404))
def artifact_status(
    _actor: ArtifactReader, workspace: WorkspaceDep, session: SessionDep, environment: EnvironmentKey = None
) -> ArtifactStatusOut:
    """Of each kind of file: which one the catalog shows, and whether a newer one was refused."""
    known = environments.environments_of(session, [workspace.id])[workspace.id]
    found = environments.pick(session, workspace.id, environment) if known or environment else None
    files = [_file_status(item) for item in files_in_effect(session, found)]
    return ArtifactStatusOut(environment=found.key if found else None, files=files)


def _file_status(item: FileState) -> FileStatusOut:
    effect, refused = item.in_effect, item.refused
    return FileStatusOut(
        name=item.name,
        in_effect=None if effect is None else FileInEffectOut.model_validate(effect),
        refused=None if refused is None else FileRefusedOut.model_validate(refused, from_attributes=True),
    )


@router.get("/places", responses=responses(404))
def list_places(
    _actor: ArtifactReader, workspace: WorkspaceDep, session: SessionDep, state: StateDep
) -> PlaceList:
    """Where drops are looked for besides uploads: the drop folder, and the bucket if there is one."""
    return PlaceList.of(places_in_words(session, state.settings, workspace))
