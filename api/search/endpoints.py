"""Searching as one types."""

from typing import Annotated

from fastapi import Query

from api.kit.access import CatalogReader, GuardedRouter
from api.kit.catalog import CatalogDep
from api.kit.errors import responses
from api.kit.state import SessionDep
from api.search.results import SearchOut
from core.catalog.search.typeahead import search

router = GuardedRouter(prefix="/api/workspaces/{workspace}/search", tags=["search"])

_Q = "Words, selection syntax of dbt (`tag:x`, `+model`), or both."


@router.get("", responses=responses(404, 422))
def search_catalog(
    _actor: CatalogReader,
    reading: CatalogDep,
    session: SessionDep,
    q: Annotated[str, Query(description=_Q, max_length=10_000)] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> SearchOut:
    """The best matches, by name, column, description, tag and code."""
    return SearchOut.of(search(session, reading, q, limit=limit))
