"""Pages of nodes, one node, its executions, and what people say of it."""

from typing import Annotated, Any

from fastapi import Body, Depends, Path, Query
from pydantic import StringConstraints

from api.kit.access import CatalogEditor, CatalogReader, GuardedRouter, RunReader, WorkspaceDep
from api.kit.catalog import CatalogDep, CatalogNow
from api.kit.errors import responses
from api.kit.state import SessionDep, StateDep
from api.models.items import NodeItem, node_facts
from api.models.parts import OverrideOut
from api.models.schemas import FacetsOut, FacetValue, NodeList, NodeOut, NodeRunList, NodeRunOut
from api.search.schemas import MatchOut, QueryOut
from core.catalog import facets as catalog_facets
from core.catalog import overrides, service
from core.catalog.node_view import view_node
from core.catalog.repository import NodeFilter
from core.kit.errors import Forbidden
from core.kit.paging import MAX_LIMIT
from core.runs import service as runs
from core.workspaces import service as workspaces

router = GuardedRouter(prefix="/api/workspaces/{workspace}/models", tags=["models"])

NodeId = Annotated[
    str, Path(description="unique_id of the node, such as model.shop.orders.", max_length=1000)
]
Field = Annotated[str, Path(description="owner, description, tags or meta.", max_length=20)]
Many = Annotated[list[str], Query(max_length=50)]
Kinds = Annotated[
    list[Annotated[str, StringConstraints(max_length=50)]],
    Query(description="Resource types of dbt; without any, models; `all` for every.", max_length=50),
]


class EditsDisabled(Forbidden):
    """Nobody may change what the catalog says here."""

    code = "edits_disabled"


def kinds_of(resource_type: list[str]) -> list[str]:
    """The resource types that a list is about; none for all."""
    return [] if "all" in resource_type else (resource_type or ["model"])


async def node_filter(  # noqa: PLR0913, PLR0917 - one for each filter
    resource_type: Kinds = [],  # noqa: B006 - FastAPI copies defaults
    q: Annotated[
        str | None,
        Query(description="Words, and parts of dbt's selector syntax, as typed.", max_length=2000),
    ] = None,
    tag: Many = [],  # noqa: B006 - as above
    owner: Many = [],  # noqa: B006 - as above
    schema: Many = [],  # noqa: B006 - as above
    package: Many = [],  # noqa: B006 - as above
    folder: Many = [],  # noqa: B006 - as above
    materialization: Many = [],  # noqa: B006 - as above
    status: Annotated[list[str], Query(description="Last result; `unknown` for none.", max_length=50)] = [],  # noqa: B006 - as above
    freshness: Annotated[list[str], Query(description="Of sources; `unknown` for none.", max_length=50)] = [],  # noqa: B006 - as above
    trust: Annotated[list[str], Query(description="healthy, caution, broken, unknown", max_length=4)] = [],  # noqa: B006 - as above
    group: Many = [],  # noqa: B006 - as above
    access: Many = [],  # noqa: B006 - as above
    sort: Annotated[
        str | None,
        Query(
            description="A field, with `-` before it for descending; without it, by relevance or name.",
            max_length=50,
        ),
    ] = None,
) -> NodeFilter:
    """Dependency: the filter of a list."""
    return NodeFilter(
        resource_types=_storable(kinds_of(resource_type)),
        tags=_storable(tag),
        owners=_storable(owner),
        schemas=_storable(schema),
        packages=_storable(package),
        folders=_storable(folder),
        materializations=_storable(materialization),
        statuses=_storable(status),
        freshness=_storable(freshness),
        trusts=_storable(trust),
        groups=_storable(group),
        access=_storable(access),
        q=q,
        sort=sort,
    )


def _storable(values: list[str]) -> tuple[str, ...]:
    """No value holds a NUL, and PostgreSQL takes none: one that does is found nowhere."""
    return tuple(value.replace("\0", "\ufffd") for value in values)


WantedNodes = Annotated[NodeFilter, Depends(node_filter)]


@router.get("", responses=responses(404))
def list_models(
    _actor: CatalogReader,
    workspace: WorkspaceDep,
    reading: CatalogDep,
    session: SessionDep,
    wanted: WantedNodes,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> NodeList:
    """One page of nodes; `resource_type=all` for every kind."""
    found = service.list_nodes(session, reading, wanted, cursor=cursor, limit=limit)
    items = [
        NodeItem(
            **node_facts(workspace, reading, row),
            match=MatchOut.of(match) if (match := found.matches.get(row.node.unique_id)) else None,
        )
        for row in found.page.items
    ]
    return NodeList(
        items=items,
        total=found.page.total,
        next_cursor=found.page.next_cursor,
        query=QueryOut.of(found.understood),
    )


@router.get("/facets", responses=responses(404))
def facets(
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    resource_type: Kinds = [],  # noqa: B006 - FastAPI copies defaults
) -> FacetsOut:
    """What can be filtered by, with how often each value occurs."""
    found = catalog_facets.facets(session, reading, kinds_of(resource_type))
    return FacetsOut.model_validate(
        {name: [FacetValue(value=v, count=c) for v, c in values] for name, values in found.items()}
    )


@router.get("/{unique_id}", responses=responses(404))
def get_model(
    _actor: CatalogReader,
    workspace: WorkspaceDep,
    reading: CatalogDep,
    session: SessionDep,
    unique_id: NodeId,
) -> NodeOut:
    """Everything about one node, of any resource type."""
    return NodeOut.of_view(workspace, reading, view_node(session, reading, unique_id))


@router.get("/{unique_id}/runs", responses=responses(404))
def model_runs(
    _actor: RunReader,
    reading: CatalogNow,
    session: SessionDep,
    state: StateDep,
    unique_id: NodeId,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> NodeRunList:
    """The latest executions of a node, newest first."""
    service.require_node(session, reading, unique_id)
    rows = runs.runs_of_node(session, state.engine, reading.environment_id, unique_id, limit=limit)
    return NodeRunList(items=[NodeRunOut.of(row) for row in rows])


@router.put("/{unique_id}/overrides/{field}", responses=responses(404, 409, 422))
def set_override(
    actor: CatalogEditor,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    unique_id: NodeId,
    field: Field,
    value: Annotated[Any, Body(embed=True, description="A text, a list of tags, or an object.")],
) -> OverrideOut:
    """Say owner, description, tags or meta of a node, beside what its project says."""
    _check_edits(state.settings.allow_metadata_edits)
    workspaces.check_in_use(workspace)
    return OverrideOut.of(overrides.set_override(session, actor.by, workspace.id, unique_id, field, value))


@router.delete("/{unique_id}/overrides/{field}", status_code=204, responses=responses(404, 409))
def remove_override(
    actor: CatalogEditor,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    unique_id: NodeId,
    field: Field,
) -> None:
    """Let what the project says hold again."""
    _check_edits(state.settings.allow_metadata_edits)
    workspaces.check_in_use(workspace)
    overrides.remove_override(session, actor.by, workspace.id, unique_id, field)


def _check_edits(allowed: bool) -> None:  # noqa: FBT001 - a setting
    if not allowed:
        raise EditsDisabled(
            "What the catalog says cannot be changed here.", hint="ALLOW_METADATA_EDITS=true allows it."
        )
