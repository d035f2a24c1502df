"""Lineage of one node: the graph around it, its columns, and what lies up- and downstream."""

from typing import Annotated

from fastapi import Query, Response

from api.kit.access import CatalogReader, GuardedRouter
from api.kit.catalog import CatalogDep
from api.kit.errors import responses
from api.kit.state import SessionDep
from api.lineage.items import CSV, File
from api.lineage.parameters import (
    ColumnName,
    Cursor,
    Format,
    Influence,
    Kinds,
    Limit,
    SomeColumn,
    Steps,
    Words,
    attachment,
)
from api.lineage.reports import Direction, ImpactKind, ImpactOut, ReachedColumns, ReachedNodes
from api.lineage.schemas import LineageOut, NodeLineageOut
from api.models.endpoints import NodeId
from core.lineage.answers import columns as columns_view
from core.lineage.answers import impact, openlineage, reach
from core.lineage.graph import around
from core.lineage.graph.view import MAX_EXPANDED, MAX_OPENED, MAX_STEPS, View

router = GuardedRouter(prefix="/api/workspaces/{workspace}/models", tags=["lineage"])

FewSteps = Annotated[int, Query(ge=0, le=MAX_STEPS)]
Opened = Annotated[list[str], Query(description="Nodes opened by hand.", max_length=MAX_EXPANDED)]
WithColumns = Annotated[list[str], Query(description="Nodes whose columns are shown.", max_length=MAX_OPENED)]
Since = Annotated[
    int | None, Query(ge=1, le=2**63 - 1, description="Show what is different since this snapshot.")
]
EVENT: File = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}


@router.get("/{unique_id}/lineage", responses=responses(404))
def model_lineage(  # noqa: PLR0913, PLR0917 - parameters of the request
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    unique_id: NodeId,
    up: FewSteps = 1,
    down: FewSteps = 1,
    expand_up: Opened = [],  # noqa: B006 - FastAPI copies defaults
    expand_down: Opened = [],  # noqa: B006 - as above
    tests: Annotated[bool, Query(description="Show tests as nodes too.")] = False,  # noqa: FBT002 - a query parameter
    column: SomeColumn = None,
    influence: Influence = False,  # noqa: FBT002 - as above
    columns: WithColumns = [],  # noqa: B006 - as above
    all_columns: WithColumns = [],  # noqa: B006 - as above
    since: Since = None,
) -> LineageOut:
    """The graph around a node, or what a column's trace reaches; laid out, with totals of the whole."""
    view = View(
        up, down, expand_up, expand_down, tests, column, influence, tuple(columns), tuple(all_columns), since
    )
    return LineageOut.of_graph(around.graph_around(session, reading, unique_id, view))


@router.get("/{unique_id}/lineage/columns", responses=responses(404))
def model_column_lineage(
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    unique_id: NodeId,
    q: Words = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> NodeLineageOut:
    """The columns of a node, where each comes from directly, and what decides on all rows."""
    return NodeLineageOut.of(
        columns_view.columns_of(session, reading, unique_id, q=q, cursor=cursor, limit=limit)
    )


@router.get(
    "/{unique_id}/columns/{column:path}/lineage",
    response_model=ReachedColumns,
    responses={**CSV, **responses(404)},
)
def column_lineage(  # noqa: PLR0913, PLR0917 - parameters of the request
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    unique_id: NodeId,
    column: ColumnName,
    direction: Direction = "up",
    steps: Steps = None,
    influence: Influence = False,  # noqa: FBT002 - a query parameter
    q: Words = "",
    resource_type: Kinds = [],  # noqa: B006 - FastAPI copies defaults
    format: Format = "json",  # noqa: A002 - its name in the address
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ReachedColumns | Response:
    """All columns up- or downstream of a column, nearest first."""
    wanted = reach.Wanted(direction, steps, q, tuple(resource_type), influence=influence)
    if format == "csv":
        rows = reach.columns_from(session, reading, unique_id, column, wanted, limit=None).items
        return attachment(
            f"{unique_id}-{column}-{direction}stream", reach.COLUMN_SHEET, map(reach.column_row, rows)
        )
    return ReachedColumns.of(
        reach.columns_from(session, reading, unique_id, column, wanted, cursor=cursor, limit=limit)
    )


@router.get("/{unique_id}/lineage/nodes", response_model=ReachedNodes, responses={**CSV, **responses(404)})
def node_lineage(  # noqa: PLR0913, PLR0917 - parameters of the request
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    unique_id: NodeId,
    direction: Direction = "up",
    steps: Steps = None,
    q: Words = "",
    resource_type: Kinds = [],  # noqa: B006 - FastAPI copies defaults
    tests: Annotated[bool, Query(description="List tests too.")] = False,  # noqa: FBT002 - a query parameter
    format: Format = "json",  # noqa: A002 - its name in the address
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ReachedNodes | Response:
    """All nodes up- or downstream of a node, nearest first."""
    wanted = reach.Wanted(direction, steps, q, tuple(resource_type), tests=tests)
    if format == "csv":
        rows = reach.nodes_from(session, reading, unique_id, wanted, limit=None).items
        return attachment(f"{unique_id}-{direction}stream", reach.NODE_SHEET, map(reach.node_row, rows))
    return ReachedNodes.of(reach.nodes_from(session, reading, unique_id, wanted, cursor=cursor, limit=limit))


@router.get("/{unique_id}/impact", response_model=ImpactOut, responses={**CSV, **responses(404)})
def model_impact(  # noqa: PLR0913, PLR0917 - parameters of the request
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    unique_id: NodeId,
    column: SomeColumn = None,
    influence: Influence = True,  # noqa: FBT002 - a query parameter
    kind: ImpactKind = "nodes",
    q: Words = "",
    format: Format = "json",  # noqa: A002 - its name in the address
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ImpactOut | Response:
    """What a change of a node, or of a column, would touch downstream."""
    wanted = impact.Wanted(column, kind, q, influence=influence)
    if format == "csv":
        rows = impact.impact_of(session, reading, unique_id, wanted, limit=None).items
        return attachment(f"{unique_id}-impact-{kind}", impact.SHEET, map(impact.row, rows))
    return ImpactOut.of(impact.impact_of(session, reading, unique_id, wanted, cursor=cursor, limit=limit))


@router.get(
    "/{unique_id}/lineage/openlineage", response_class=Response, responses={**EVENT, **responses(404)}
)
def model_openlineage(
    _actor: CatalogReader, reading: CatalogDep, session: SessionDep, unique_id: NodeId
) -> Response:
    """The column lineage of a node as an OpenLineage DatasetEvent."""
    event = openlineage.event_of(session, reading, unique_id)
    return Response(event, media_type="application/json")
