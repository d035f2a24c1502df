"""Pages of nodes, one node, its executions."""

from typing import Annotated

from fastapi import Depends, Path, Query

from api.kit.access import CatalogReader, GuardedRouter, RunReader, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep, StateDep
from api.models.schemas import FacetsOut, NodeItem, NodeList, NodeOut, NodeRunList, NodeRunOut, node_facts
from core.catalog import repository, service
from core.catalog.repository import NodeFilter
from core.kit.paging import MAX_LIMIT
from core.runs import service as runs

router = GuardedRouter(prefix="/api/workspaces/{workspace}/models", tags=["models"])

NodeId = Annotated[
    str, Path(description="unique_id of the node, such as model.shop.orders.", max_length=1000)
]
Many = Annotated[list[str], Query(max_length=50)]


def node_filter(
    resource_type: Annotated[
        list[str], Query(description="Resource types of dbt; without any, models.", max_length=50)
    ] = [],  # noqa: B006 - FastAPI copies defaults
    q: Annotated[
        str | None, Query(description="Text in name, unique_id or description.", max_length=200)
    ] = None,
    tag: Many = [],  # noqa: B006 - as above
    schema: Many = [],  # noqa: B006 - as above
    materialization: Many = [],  # noqa: B006 - as above
    status: Annotated[list[str], Query(description="Last result; `unknown` for none.", max_length=50)] = [],  # noqa: B006 - as above
    sort: Annotated[
        str, Query(description="A field, with `-` before it for descending.", max_length=50)
    ] = "name",
) -> NodeFilter:
    """Dependency: the filter of a list."""
    kinds = () if "all" in resource_type else (resource_type or ["model"])
    text = q.replace("\0", "") if q else None
    return NodeFilter(kinds, text or None, tag, schema, materialization, status, sort)


@router.get("", responses=responses(404))
def list_models(
    _actor: CatalogReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    wanted: Annotated[NodeFilter, Depends(node_filter)],
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> NodeList:
    """One page of nodes; `resource_type=all` for every kind."""
    page = service.list_nodes(session, workspace.id, wanted, cursor=cursor, limit=limit)
    items = [NodeItem(**node_facts(workspace, row)) for row in page.items]
    return NodeList(items=items, total=page.total or 0, next_cursor=page.next_cursor)


@router.get("/facets", responses=responses(404))
def facets(_actor: CatalogReader, workspace: WorkspaceDep, session: SessionDep) -> FacetsOut:
    """What can be filtered by."""
    counts = repository.counts_by_type(session, [workspace.id])[workspace.id]
    return FacetsOut(resource_types=counts, **repository.facet_values(session, workspace.id))


@router.get("/{unique_id}", responses=responses(404))
def get_model(
    _actor: CatalogReader, workspace: WorkspaceDep, session: SessionDep, unique_id: NodeId
) -> NodeOut:
    """Everything about one node, of any resource type."""
    return NodeOut.of_view(workspace, service.view_node(session, workspace.id, unique_id))


@router.get("/{unique_id}/runs", responses=responses(404))
def model_runs(
    _actor: RunReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    unique_id: NodeId,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> NodeRunList:
    """The latest executions of a node, newest first."""
    service.require_node(session, workspace.id, unique_id)
    rows = runs.runs_of_node(session, state.engine, workspace.id, unique_id, limit=limit)
    return NodeRunList(items=[NodeRunOut.of(row) for row in rows])
