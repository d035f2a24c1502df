"""The state of a workspace on one page."""

from sqlalchemy.orm import Session

from api.kit.access import CatalogReader, GuardedRouter, WorkspaceDep
from api.kit.catalog import CatalogNow
from api.kit.errors import responses
from api.kit.state import SessionDep, State, StateDep
from api.overview.schemas import OverviewOut
from api.runs.schemas import RunOut
from core.catalog.overview import overview
from core.kit.errors import Unavailable
from core.runs import service as runs
from core.runs.service import RunFilter
from core.workspaces.models import Workspace

router = GuardedRouter(prefix="/api/workspaces/{workspace}", tags=["overview"])

RECENT = 10


@router.get("/overview", responses=responses(404))
def get_overview(
    _actor: CatalogReader, workspace: WorkspaceDep, reading: CatalogNow, session: SessionDep, state: StateDep
) -> OverviewOut:
    """What broke, what is late, what is slow, what is not known."""
    return OverviewOut.of(overview(session, reading), _recent(session, state, workspace))


def _recent(session: Session, state: State, workspace: Workspace) -> list[RunOut] | None:
    """The latest runs; None while Dagster does not answer, for the catalog can be read without it."""
    try:
        views, _ = runs.list_runs(session, state.engine, workspace, RunFilter(), limit=RECENT, cursor=None)
    except Unavailable:
        return None
    return [RunOut.of(view) for view in views]
