"""Model lineage around a node."""

from typing import Annotated

from fastapi import Query

from api.kit.access import CatalogReader, GuardedRouter
from api.kit.catalog import CatalogDep
from api.kit.errors import responses
from api.kit.state import SessionDep
from api.lineage.schemas import LineageOut
from api.models.endpoints import NodeId
from core.lineage import service
from core.lineage.service import MAX_EXPANDED, MAX_STEPS, View

router = GuardedRouter(prefix="/api/workspaces/{workspace}/models", tags=["lineage"])

Steps = Annotated[int, Query(ge=0, le=MAX_STEPS)]
Opened = Annotated[list[str], Query(description="Nodes opened by hand.", max_length=MAX_EXPANDED)]


@router.get("/{unique_id}/lineage", responses=responses(404))
def model_lineage(
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    unique_id: NodeId,
    up: Steps = 1,
    down: Steps = 1,
    expand_up: Opened = [],  # noqa: B006 - FastAPI copies defaults
    expand_down: Opened = [],  # noqa: B006 - as above
    tests: Annotated[bool, Query(description="Show tests as nodes too.")] = False,  # noqa: FBT002 - a query parameter
) -> LineageOut:
    """The graph around a node, laid out, with totals of what is not shown."""
    view = View(up, down, expand_up, expand_down, tests)
    return LineageOut.of(service.graph_around(session, reading, unique_id, view))
