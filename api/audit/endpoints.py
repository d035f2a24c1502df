"""The audit log: of one workspace for its admins, of everything for the instance admin."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel
from sqlalchemy.orm import Session

from api.kit.access import AuditReader, GuardedRouter, WholeAuditReader, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep, State, StateDep
from core.audit import reading
from core.audit import service as audit
from core.audit.models import AuditLog
from core.audit.reading import AuditFilter
from core.auth.actor import Actor
from core.kit import clock
from core.kit.paging import MAX_LIMIT, Page
from core.workspaces import service as workspaces

router = GuardedRouter(tags=["audit"])

OF_ONE = "/api/workspaces/{workspace}/audit"
OF_ALL = "/api/admin/audit"
MEDIA = {"jsonl": "application/x-ndjson", "csv": "text/csv"}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string"}} for kind in MEDIA.values()}}
}

Text = Annotated[str | None, Query(max_length=500)]
Format = Annotated[Literal["jsonl", "csv"], Query(description="JSON lines or CSV.")]


class AuditItem(BaseModel):
    """One thing that was done or refused."""

    id: int
    at: datetime
    actor: str
    tag: str
    workspace: str | None
    subject: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    data: dict[str, Any]
    address: str | None
    request_id: str | None

    @classmethod
    def of(cls, row: AuditLog, keys: Mapping[int, str]) -> Self:
        """From the table; `keys` names workspaces by id."""
        facts = {name: getattr(row, name) for name in reading.COLUMNS if name != "workspace_id"}
        return cls(**facts, workspace=keys.get(row.workspace_id) if row.workspace_id else None)


class AuditList(BaseModel):
    """One page of the log, newest first. `total` is null where there are more than 10,000."""

    items: list[AuditItem]
    total: int | None
    next_cursor: str | None


class AuditFacets(BaseModel):
    """What can be filtered by."""

    actors: list[str]
    tags: list[str]


async def audit_filter(
    actor: Text = None,
    tag: Annotated[
        str | None, Query(max_length=100, description="What was done; `login.*` for a group.")
    ] = None,
    subject: Text = None,
    q: Annotated[str | None, Query(max_length=200, description="Text anywhere in the row.")] = None,
    since: Annotated[AwareDatetime | None, Query(alias="from", description="From this moment on.")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to", description="Before this moment.")] = None,
) -> AuditFilter:
    """Dependency: the filter of a list or an export."""
    return AuditFilter(None, actor, tag, subject, q, since, until)


Wanted = Annotated[AuditFilter, Depends(audit_filter)]
Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get(OF_ONE, responses=responses(404))
def workspace_audit(
    _actor: AuditReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    wanted: Wanted,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditList:
    """What was done in a workspace, newest first."""
    page = reading.page(session, _within(wanted, workspace.id), cursor=cursor, limit=limit)
    return _list(page, {workspace.id: workspace.key})


@router.get(OF_ONE + "/facets", responses=responses(404))
def workspace_audit_facets(_actor: AuditReader, workspace: WorkspaceDep, session: SessionDep) -> AuditFacets:
    """Names and kinds that occur in the log of a workspace."""
    return AuditFacets(**reading.facets(session, workspace.id))


@router.get(OF_ONE + "/export", response_class=StreamingResponse, responses={**FILE, **responses(404)})
def export_workspace_audit(
    actor: AuditReader,
    workspace: WorkspaceDep,
    state: StateDep,
    wanted: Wanted,
    format: Format = "jsonl",  # noqa: A002 - its name in the address
) -> StreamingResponse:
    """The log of a workspace as a file, oldest first."""
    keys = {workspace.id: workspace.key}
    return _export(state, actor, _within(wanted, workspace.id), format, keys, workspace.key)


@router.get(OF_ALL, responses=responses(404))
def whole_audit(
    actor: WholeAuditReader,
    session: SessionDep,
    wanted: Wanted,
    workspace_key: Annotated[str | None, Query(alias="workspace", max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditList:
    """What was done anywhere, newest first."""
    chosen = _chosen(session, actor, wanted, workspace_key)
    return _list(
        reading.page(session, chosen, cursor=cursor, limit=limit), workspaces.keys_by_id(session, actor)
    )


@router.get(OF_ALL + "/facets", responses=responses())
def whole_audit_facets(_actor: WholeAuditReader, session: SessionDep) -> AuditFacets:
    """Names and kinds that occur in the log."""
    return AuditFacets(**reading.facets(session, None))


@router.get(OF_ALL + "/export", response_class=StreamingResponse, responses={**FILE, **responses(404)})
def export_whole_audit(
    actor: WholeAuditReader,
    state: StateDep,
    wanted: Wanted,
    workspace_key: Annotated[str | None, Query(alias="workspace", max_length=200)] = None,
    format: Format = "jsonl",  # noqa: A002 - its name in the address
) -> StreamingResponse:
    """The log as a file, oldest first."""
    with state.db.session() as session:
        chosen = _chosen(session, actor, wanted, workspace_key)
        keys = workspaces.keys_by_id(session, actor)
    return _export(state, actor, chosen, format, keys, "all")


def _within(wanted: AuditFilter, workspace_id: int) -> AuditFilter:
    return replace(wanted, workspace_id=workspace_id)


def _chosen(session: Session, actor: Actor, wanted: AuditFilter, key: str | None) -> AuditFilter:
    return wanted if key is None else _within(wanted, workspaces.get_workspace(session, actor, key).id)


def _list(page: Page[AuditLog], keys: Mapping[int, str]) -> AuditList:
    items = [AuditItem.of(row, keys) for row in page.items]
    return AuditList(items=items, total=page.total, next_cursor=page.next_cursor)


def _export(
    state: State, actor: Actor, wanted: AuditFilter, kind: str, keys: Mapping[int, str], name: str
) -> StreamingResponse:
    """The export is noted before its first line leaves."""
    with state.db.session() as session:
        audit.record(
            session,
            actor.by,
            audit.Tag.AUDIT_EXPORTED,
            workspace_id=wanted.workspace_id,
            subject=name,
            data={"format": kind},
        )
    day = clock.now().date().isoformat()
    headers = {"content-disposition": f'attachment; filename="audit-{name}-{day}.{kind}"'}
    lines = reading.export(state.db, wanted, kind, keys)
    return StreamingResponse(lines, media_type=MEDIA[kind], headers=headers)
