"""Column lineage as OpenLineage: one DatasetEvent for each node that has any.

After the specification 2-0-2 with the facet columnLineage 1-2-0. What decides on all rows is told once, of
the dataset as a whole.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import CatalogState
from core.catalog.reading import Reading
from core.catalog.snapshots.models import Snapshot
from core.kit import clock
from core.kit.database import Database
from core.kit.errors import NotFound
from core.lineage.answers.facts import EDGE, EdgeRow, column_ids, edge_rows, holds, require_node
from core.lineage.columns.relations import name_parts
from core.lineage.models import ROWS, LineageColumn, NodeLineageVersion

PRODUCER: Final = "https://github.com/dbt-workbench/dbt-workbench"
SCHEMA_URL: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent"
FACET_URL: Final = (
    "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet"
)
BATCH: Final = 200
# Nothing in the specification says that duplicates are removed: a group by all columns is what comes nearest.
TRANSFORMATIONS: Final = {
    "copied": ("DIRECT", "IDENTITY"),
    "renamed": ("DIRECT", "IDENTITY"),
    "transformed": ("DIRECT", "TRANSFORMATION"),
    "aggregated": ("DIRECT", "AGGREGATION"),
    "filter": ("INDIRECT", "FILTER"),
    "join": ("INDIRECT", "JOIN"),
    "group": ("INDIRECT", "GROUP_BY"),
    "order": ("INDIRECT", "SORT"),
    "window": ("INDIRECT", "WINDOW"),
    "distinct": ("INDIRECT", "GROUP_BY"),
}


@dataclass(frozen=True)
class _Dataset:
    """How OpenLineage names a relation."""

    namespace: str
    name: str


@dataclass(frozen=True)
class _Setting:
    """What all events of one export share."""

    adapter: str
    at: datetime


def event_of(session: Session, reading: Reading, unique_id: str) -> bytes:
    """The event of one node.

    Raises:
        NotFound: no such node, or nothing is known of where its columns come from.
    """
    require_node(session, reading, unique_id)
    found = _events(session, reading, _setting(session, reading), [unique_id])
    if not found:
        raise NotFound(
            f"Nothing is known of where the columns of {unique_id} come from.",
            hint="Its page says why; sources and seeds are where lineage begins.",
        )
    return found[0]


def events(db: Database, reading: Reading) -> Iterator[bytes]:
    """The events of all nodes, a batch at a time; no connection is held while one is on its way."""
    with db.reading() as session:
        setting = _setting(session, reading)
    after = ""
    while True:
        with db.reading() as session:
            batch = _batch(session, reading, after)
            lines = _events(session, reading, setting, batch)
        yield b"".join(line + b"\n" for line in lines)
        if len(batch) < BATCH:
            return
        after = batch[-1]


def _batch(session: Session, reading: Reading, after: str) -> list[str]:
    version = NodeLineageVersion
    query = (
        sa.select(version.unique_id)
        .where(version.environment_id == reading.environment_id, version.unique_id > after)
        .where(holds(version, reading))
        .order_by(version.unique_id)
        .limit(BATCH)
    )
    return list(session.scalars(query))


def _setting(session: Session, reading: Reading) -> _Setting:
    snapshot = reading.snapshot or session.scalar(
        sa.select(Snapshot)
        .join(CatalogState, CatalogState.snapshot_id == Snapshot.id)
        .where(CatalogState.environment_id == reading.environment_id)
    )
    if snapshot is None:
        return _Setting("dbt", clock.now())
    return _Setting(snapshot.adapter_type or "dbt", snapshot.at)


def _events(session: Session, reading: Reading, setting: _Setting, unique_ids: Sequence[str]) -> list[bytes]:
    places = column_ids(session, reading, unique_ids)
    rows = edge_rows(session, reading, EDGE.child_id == sa.func.any(list(places)))
    sources = _places(session, {row.parent_id for row in rows} - places.keys())
    names = {**places, **sources}
    of_node: defaultdict[str, list[EdgeRow]] = defaultdict(list)
    for row in rows:
        of_node[places[row.child_id][0]].append(row)
    datasets = _datasets(session, reading, setting, {unique_id for unique_id, _ in names.values()})
    return [
        msgspec.json.encode(_event(setting, datasets, key, of_node[key], names))
        for key in unique_ids
        if of_node[key] and key in datasets
    ]


def _places(session: Session, numbers: set[int]) -> dict[int, tuple[str, str]]:
    table = LineageColumn
    query = sa.select(table.id, table.unique_id, table.name).where(table.id == sa.func.any(list(numbers)))
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def _datasets(
    session: Session, reading: Reading, setting: _Setting, unique_ids: set[str]
) -> dict[str, _Dataset]:
    """How datasets of nodes are named; one that the catalog no longer has goes by its unique_id."""
    node = reading.nodes
    query = sa.select(
        node.unique_id, node.relation_name, node.database_name, node.schema_name, node.name
    ).where(node.environment_id == reading.environment_id, node.unique_id == sa.func.any(list(unique_ids)))
    found = {unique_id: _Dataset("dbt", unique_id) for unique_id in unique_ids}
    for unique_id, relation, database, schema, name in session.execute(query):
        written = name_parts(relation) if relation else ()
        parts = written or tuple(part for part in (database, schema, name) if part)
        found[unique_id] = _Dataset(_namespace(setting.adapter, parts), ".".join(parts))
    return found


def _namespace(adapter: str, parts: Sequence[str]) -> str:
    """The server is nothing that artifacts tell; adapter and database are what comes nearest."""
    return f"{adapter}://{parts[0]}" if len(parts) > 2 else adapter


def _event(
    setting: _Setting,
    datasets: Mapping[str, _Dataset],
    unique_id: str,
    rows: Sequence[EdgeRow],
    names: Mapping[int, tuple[str, str]],
) -> dict[str, Any]:
    fields: defaultdict[str, list[EdgeRow]] = defaultdict(list)
    for row in rows:
        fields[names[row.child_id][1]].append(row)
    of_all = fields.pop(ROWS, [])
    facet: dict[str, Any] = {
        "_producer": PRODUCER,
        "_schemaURL": FACET_URL,
        "fields": {name: {"inputFields": _inputs(into, datasets, names)} for name, into in fields.items()},
        **({"dataset": _inputs(of_all, datasets, names)} if of_all else {}),
    }
    own = datasets[unique_id]
    return {
        "eventTime": setting.at.isoformat(),
        "producer": PRODUCER,
        "schemaURL": SCHEMA_URL,
        "dataset": {"namespace": own.namespace, "name": own.name, "facets": {"columnLineage": facet}},
    }


def _inputs(
    rows: Sequence[EdgeRow], datasets: Mapping[str, _Dataset], names: Mapping[int, tuple[str, str]]
) -> list[dict[str, Any]]:
    """Each column once, with everything that it does."""
    does: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        kind, subtype = TRANSFORMATIONS[row.transform]
        told = {"type": kind, "subtype": subtype, "description": row.transform, "masking": False}
        if told not in does[row.parent_id]:
            does[row.parent_id].append(told)
    return [
        {
            "namespace": datasets[names[number][0]].namespace,
            "name": datasets[names[number][0]].name,
            "field": names[number][1],
            "transformations": transformations,
        }
        for number, transformations in does.items()
    ]
