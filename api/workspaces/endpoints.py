"""Listing workspaces."""

from collections.abc import Sequence

from fastapi import APIRouter
from sqlalchemy.orm import Session

from api.kit.errors import responses
from api.kit.state import CatalogReader, SessionDep, WorkspaceDep
from api.workspaces.schemas import WorkspaceList, WorkspaceOut
from core.catalog import repository as catalog
from core.environments import service as environments
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace

router = APIRouter(prefix="/api/workspaces", tags=["workspaces"])


@router.get("", responses=responses())
def list_workspaces(actor: CatalogReader, session: SessionDep) -> WorkspaceList:
    """Every workspace that the caller may see."""
    found = _out(session, workspaces.list_workspaces(session, actor))
    return WorkspaceList(items=found, total=len(found))


@router.get("/{workspace}", responses=responses(404))
def get_workspace(_actor: CatalogReader, workspace: WorkspaceDep, session: SessionDep) -> WorkspaceOut:
    """One workspace."""
    return _out(session, [workspace])[0]


def _out(session: Session, found: Sequence[Workspace]) -> list[WorkspaceOut]:
    ids = [workspace.id for workspace in found]
    counts = catalog.counts_by_type(session, ids)
    by_workspace = environments.environments_of(session, ids)
    return [WorkspaceOut.of(w, by_workspace[w.id], counts[w.id]) for w in found]
