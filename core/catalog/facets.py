"""The values that occur, for filters, with how often each does."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.catalog.repository import STATUS_UNKNOWN, Joined

Facet = list[tuple[str, int]]
# Beyond this a filter is typed, not picked.
MOST: Final = 500


def facets(session: Session, reading: Reading, resource_types: Sequence[str] = ()) -> dict[str, Facet]:
    """Values by facet; all but those of resource types themselves are of nodes of these types only."""
    joined = Joined(reading)
    node = joined.node
    here = node.environment_id == reading.environment_id
    kinds = _count(session, sa.select(node.resource_type, sa.func.count()).where(here), node.resource_type)
    of_these = sa.and_(here, node.resource_type.in_(resource_types)) if resource_types else here
    return {
        "resource_types": kinds,
        **_of_columns(session, node, of_these),
        "tags": _tags(session, node, of_these),
        **_of_states(session, joined, resource_types),
    }


def _count(session: Session, query: Any, key: Any) -> Facet:
    grouped: Any = query.group_by(key).order_by(sa.func.count().desc(), key).limit(MOST)
    rows: Any = session.execute(grouped)
    return [(str(row[0]), row[1]) for row in rows if row[0] is not None]


def _of_columns(session: Session, node: Any, where: sa.ColumnElement[bool]) -> dict[str, Facet]:
    """Every facet that is a column, in one pass over the nodes."""
    folder = sa.func.regexp_replace(node.path, "/?[^/]*$", "")
    columns = {
        "schemas": node.schema_name,
        "packages": node.package_name,
        "owners": node.owner,
        "materializations": node.materialization,
        "groups": node.group_name,
        "access": node.access,
        "folders": folder,
    }
    inner = sa.select(*(column.label(name) for name, column in columns.items())).where(where).subquery()
    sets = sa.func.grouping_sets(*(sa.tuple_(inner.c[name]) for name in columns))
    which = sa.func.grouping(*(inner.c[name] for name in columns))
    query = sa.select(which, sa.func.coalesce(*inner.c), sa.func.count()).group_by(sets)
    found: dict[str, Facet] = {name: [] for name in columns}
    names = list(columns)
    for row in session.execute(query):
        mask, value, count = row[0], row[1], row[2]
        # The bit of the one column that the row is grouped by is the one that is not set.
        name = next(name for place, name in enumerate(reversed(names)) if not mask >> place & 1)
        if value:
            found[name].append((value, count))
    return {
        name: sorted(values, key=lambda item: (-item[1], item[0]))[:MOST] for name, values in found.items()
    }


def _tags(session: Session, node: Any, where: sa.ColumnElement[bool]) -> Facet:
    tags = sa.select(sa.func.unnest(node.tags).label("tag")).where(where).subquery()
    return _count(session, sa.select(tags.c.tag, sa.func.count()), tags.c.tag)


def _of_states(session: Session, joined: Joined, resource_types: Sequence[str]) -> dict[str, Facet]:
    """Last results, trust and freshness, in one pass. What has none is `unknown`, where it could have one."""
    node = joined.node
    base = joined.select()
    if resource_types:
        base = base.where(node.resource_type.in_(resource_types))
    inner = base.with_only_columns(
        sa.func.coalesce(joined.result.status, STATUS_UNKNOWN).label("statuses"),
        sa.func.coalesce(joined.health.trust, "").label("trusts"),
        sa.case(
            (node.resource_type == "source", sa.func.coalesce(joined.fresh.status, STATUS_UNKNOWN)), else_=""
        ).label("freshness"),
        maintain_column_froms=True,
    ).subquery()
    query = sa.select(inner.c.statuses, inner.c.trusts, inner.c.freshness, sa.func.count()).group_by(
        inner.c.statuses, inner.c.trusts, inner.c.freshness
    )
    found: dict[str, dict[str, int]] = {"statuses": {}, "trusts": {}, "freshness": {}}
    for row in session.execute(query):
        values, count = row[:3], row[3]
        for counts, value in zip(found.values(), values, strict=True):
            if value:
                counts[value] = counts.get(value, 0) + count
    return {name: sorted(counts.items(), key=lambda item: -item[1]) for name, counts in found.items()}
