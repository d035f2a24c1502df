"""Lineage of a whole project: its state and coverage, what changed, the whole graph, and paths through it."""

from typing import Annotated

from fastapi import Header, Query, Response
from fastapi.responses import StreamingResponse

from api.kit.access import CatalogReader, GuardedRouter, LineageTracer, WorkspaceDep
from api.kit.catalog import CatalogDep, CatalogNow
from api.kit.errors import responses
from api.kit.state import SessionDep, StateDep
from api.lineage.items import CSV, Change, File, Kind, NodeStatus, TraceStateOut
from api.lineage.parameters import (
    Cursor,
    Format,
    Influence,
    Kinds,
    Limit,
    LongCursor,
    SomeColumn,
    SomeNode,
    Words,
    attachment,
)
from api.lineage.reports import (
    ColumnEdgePage,
    CoverageSort,
    CoveredNodes,
    LineageChangesOut,
    LineageCoverageOut,
    NodeEdgePage,
    PathOut,
    WholeGraph,
)
from core.lineage.answers import changes, coverage, edges, openlineage, path, state
from core.lineage.answers.edges import PAGE
from core.lineage.whole import graph as whole
from core.workspaces import service as workspaces

router = GuardedRouter(prefix="/api/workspaces/{workspace}/lineage", tags=["lineage"])

Many = Annotated[list[str], Query(max_length=50)]
Pages = Annotated[int, Query(ge=1, le=PAGE)]
EVENTS: File = {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}}


@router.get("/state", responses=responses(404))
def lineage_state(_actor: CatalogReader, reading: CatalogNow, session: SessionDep) -> TraceStateOut:
    """Where tracing columns stands."""
    return TraceStateOut.of(state.state_of(session, reading))


@router.post("/trace", status_code=202, responses=responses(404, 409))
def trace_lineage(
    actor: LineageTracer, workspace: WorkspaceDep, reading: CatalogNow, session: SessionDep
) -> TraceStateOut:
    """Trace columns again, as after a failure; what was read before is not read again."""
    workspaces.check_in_use(workspace)
    return TraceStateOut.of(state.ask_again(session, actor.by, reading))


@router.get("/path", responses=responses(404))
def lineage_path(
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    from_node: SomeNode,
    to_node: SomeNode,
    from_column: SomeColumn = None,
    to_column: SomeColumn = None,
    influence: Influence = False,  # noqa: FBT002 - a query parameter
) -> PathOut:
    """A shortest way from one node or column down to another."""
    ends = path.Ends(from_node, to_node, from_column, to_column, influence=influence)
    return PathOut.of(path.shortest(session, reading, ends))


@router.get("/coverage", responses=responses(404))
def lineage_coverage(_actor: CatalogReader, reading: CatalogDep, session: SessionDep) -> LineageCoverageOut:
    """How much of the project's columns is traced."""
    return LineageCoverageOut.of(coverage.coverage_of(session, reading))


@router.get("/coverage/nodes", response_model=CoveredNodes, responses={**CSV, **responses(404)})
def lineage_coverage_nodes(
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    status: Annotated[list[NodeStatus], Query(max_length=5)] = [],  # noqa: B006 - FastAPI copies defaults
    q: Words = "",
    sort: CoverageSort = "status",
    format: Format = "json",  # noqa: A002 - its name in the address
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CoveredNodes | Response:
    """Nodes with what is known of their columns, the least known first."""
    wanted = coverage.Wanted(tuple(status), q, sort)
    if format == "csv":
        rows = coverage.nodes_page(session, reading, wanted, limit=None).items
        return attachment("lineage-coverage", coverage.SHEET, map(coverage.row, rows))
    return CoveredNodes.of(coverage.nodes_page(session, reading, wanted, cursor=cursor, limit=limit))


@router.get("/changes", response_model=LineageChangesOut, responses={**CSV, **responses(404)})
def lineage_changes(  # noqa: PLR0913, PLR0917 - parameters of the request
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    since: Annotated[int, Query(alias="from", ge=1, le=2**63 - 1, description="Since this snapshot.")],
    until: Annotated[
        int | None, Query(alias="to", ge=1, le=2**63 - 1, description="Until this one, or the one read.")
    ] = None,
    change: Annotated[list[Change], Query(max_length=3)] = [],  # noqa: B006 - FastAPI copies defaults
    q: Words = "",
    format: Format = "json",  # noqa: A002 - its name in the address
    cursor: Cursor = None,
    limit: Limit = 50,
) -> LineageChangesOut | Response:
    """Edges between columns that came, went, or do something else than before."""
    wanted = changes.Wanted(since, until, tuple(change), q)
    if format == "csv":
        rows = changes.changes_page(session, reading, wanted, limit=None).items
        return attachment(f"lineage-changes-since-{since}", changes.SHEET, map(changes.row, rows))
    return LineageChangesOut.of(changes.changes_page(session, reading, wanted, cursor=cursor, limit=limit))


@router.get("/graph", response_model=WholeGraph, responses=responses(404))
def whole_graph(  # noqa: PLR0913, PLR0917 - parameters of the request
    _actor: CatalogReader,
    reading: CatalogDep,
    state: StateDep,
    resource_types: Kinds = [],  # noqa: B006 - FastAPI copies defaults
    package: Many = [],  # noqa: B006 - as above
    tag: Many = [],  # noqa: B006 - as above
    folder: Many = [],  # noqa: B006 - as above
    schema: Many = [],  # noqa: B006 - as above
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
    accept_encoding: Annotated[str, Header(max_length=1000)] = "",
) -> Response:
    """The whole graph, laid out, without tests unless these are among the resource types."""
    wanted = whole.Wanted(tuple(resource_types), tuple(package), tuple(tag), tuple(folder), tuple(schema))
    return _packed(whole.graph_of(state.db, reading, wanted), if_none_match, accept_encoding)


def _packed(found: whole.Packed, known: str | None, accepted: str) -> Response:
    """The graph as it is kept, compressed, or nothing where the caller has it already."""
    headers = {"etag": found.tag, "cache-control": "private, no-cache", "vary": "accept-encoding"}
    if known == found.tag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in accepted:
        return Response(found.plain(), media_type="application/json", headers=headers)
    return Response(
        found.body, media_type="application/json", headers={**headers, "content-encoding": "gzip"}
    )


@router.get("/edges", responses=responses(404))
def node_edges(
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    cursor: LongCursor = None,
    limit: Pages = PAGE,
) -> NodeEdgePage:
    """All edges between nodes, page by page."""
    return NodeEdgePage.of(edges.node_edges(session, reading, cursor=cursor, limit=limit))


@router.get("/column-edges", responses=responses(404))
def column_edges(
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    kind: Annotated[list[Kind], Query(max_length=2)] = [],  # noqa: B006 - FastAPI copies defaults
    cursor: LongCursor = None,
    limit: Pages = PAGE,
) -> ColumnEdgePage:
    """All edges between columns, page by page."""
    return ColumnEdgePage.of(edges.column_edges(session, reading, tuple(kind), cursor=cursor, limit=limit))


@router.get("/openlineage", response_class=StreamingResponse, responses={**EVENTS, **responses(404)})
def openlineage_events(_actor: CatalogReader, reading: CatalogDep, state: StateDep) -> StreamingResponse:
    """The column lineage of all nodes as OpenLineage DatasetEvents, one on a line."""
    headers = {"content-disposition": 'attachment; filename="openlineage.ndjson"'}
    lines = openlineage.events(state.db, reading)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)
