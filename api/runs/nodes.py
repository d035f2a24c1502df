"""The nodes of a run: pages, one of them, and what they say together."""

from typing import Annotated, Literal

from fastapi import Path, Query

from api.kit.access import GuardedRouter, RunReader, WorkspaceDep
from api.kit.catalog import CatalogNow
from api.kit.errors import responses
from api.kit.state import SessionDep, StateDep
from api.runs.endpoints import RunId
from api.runs.node_schemas import (
    CausesOut,
    ComparisonOut,
    NodeHistoryOut,
    RunNodeDetail,
    RunNodeList,
    TimelineOut,
    keys_of,
)
from core.catalog import service as catalog
from core.kit.paging import MAX_LIMIT
from core.runs import history, insight, nodes, service
from core.runs.nodes import NodesWanted

router = GuardedRouter(prefix="/api/workspaces/{workspace}", tags=["runs"])

UniqueId = Annotated[
    str, Path(description="unique_id of the node, such as model.shop.orders.", max_length=1000)
]
StepNumber = Annotated[int | None, Query(ge=1, le=1000, description="Of this step of the run only.")]
Words = Annotated[list[Annotated[str, Query(max_length=50)]], Query(max_length=20)]
Sort = Literal[
    "order",
    "-order",
    "status",
    "-status",
    "name",
    "-name",
    "duration",
    "-duration",
    "rows",
    "-rows",
    "bytes",
    "-bytes",
]


@router.get("/runs/{run_id}/nodes", responses=responses(404))
def run_nodes(  # noqa: PLR0913, PLR0917 - one for each filter
    _actor: RunReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    run_id: RunId,
    status: Words = [],  # noqa: B006 - FastAPI copies defaults
    resource_type: Words = [],  # noqa: B006 - as above
    q: Annotated[str | None, Query(description="Part of a name.", max_length=500)] = None,
    step: StepNumber = None,
    sort: Annotated[Sort | None, Query(description="Without it, as they began.")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100,
) -> RunNodeList:
    """One page of the nodes that a run touched or is going to, with the counts of all."""
    run = service.require_run(state.engine, workspace, run_id)
    wanted = NodesWanted(status, resource_type, q, step, sort)
    return RunNodeList.of(nodes.nodes_of_run(session, workspace.id, run, wanted, limit=limit, cursor=cursor))


@router.get("/runs/{run_id}/nodes/{unique_id}", responses=responses(404))
def run_node(
    _actor: RunReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    run_id: RunId,
    unique_id: UniqueId,
    step: StepNumber = None,
) -> RunNodeDetail:
    """One node of a run, with its SQL and whatever the adapter said; of the last step that touched it."""
    run = service.require_run(state.engine, workspace, run_id)
    found = nodes.node_of_run(session, workspace.id, run, unique_id, step)
    flaky = history.flaky_of(session, found.row.environment_id, [unique_id])
    return RunNodeDetail.of(found, flaky=unique_id in flaky)


@router.get("/runs/{run_id}/timeline", responses=responses(404))
def run_timeline(
    _actor: RunReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    run_id: RunId,
    step: StepNumber = None,
) -> TimelineOut:
    """When each node ran, by thread, and the critical path."""
    run = service.require_run(state.engine, workspace, run_id)
    return TimelineOut.of(insight.timeline_of_run(session, workspace, run, step))


@router.get("/runs/{run_id}/causes", responses=responses(404))
def run_causes(
    _actor: RunReader, workspace: WorkspaceDep, session: SessionDep, state: StateDep, run_id: RunId
) -> CausesOut:
    """Which failures made the run leave out the rest, and which exposures are out of date because of them."""
    run = service.require_run(state.engine, workspace, run_id)
    found = insight.causes_of_run(session, workspace, run)
    return CausesOut.of(found, nodes.messages_of(session, workspace.id, run_id, keys_of(found.causes)))


@router.get("/runs/{run_id}/compare", responses=responses(404))
def run_compare(
    _actor: RunReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    run_id: RunId,
    with_: Annotated[
        str | None,
        Query(alias="with", description="Another run; without it, the one before.", max_length=100),
    ] = None,
) -> ComparisonOut:
    """What the run did otherwise than the one before it of the same command in the same environment."""
    run = service.require_run(state.engine, workspace, run_id)
    return ComparisonOut.of(insight.compare_run(session, state.engine, workspace, run, with_))


@router.get("/models/{unique_id}/history", responses=responses(404))
def node_history(
    _actor: RunReader,
    reading: CatalogNow,
    session: SessionDep,
    state: StateDep,
    unique_id: UniqueId,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> NodeHistoryOut:
    """How a node did over time: duration, rows, status; and whether it or a test of it is flaky."""
    catalog.require_node(session, reading, unique_id)
    found = history.history_of_node(session, state.engine, reading, unique_id, limit=limit)
    return NodeHistoryOut.of(found)
