"""Lineage in its tables: what did not change is left alone, what did holds from this snapshot on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.kit.batches import batched
from core.kit.bulk import as_json, copy_rows
from core.kit.database import SCHEMA
from core.lineage.models import ColumnEdge, LineageColumn, NodeLineageVersion
from core.lineage.tracing.inputs import Place
from core.lineage.tracing.rows import Column, EdgeFacts, EdgeKey, Traced

BATCH: Final = 500
_VERSION: Final = (
    "environment_id",
    "unique_id",
    "valid_from",
    "status",
    "reason",
    "columns",
    "complete",
    "used",
    "seconds",
    "input_hash",
    "code_hash",
    "kept_since",
)
_EDGE: Final = (
    "child_id",
    "parent_id",
    "kind",
    "transform",
    "valid_from",
    "confidence",
    "span_start",
    "span_end",
)
IdKey = tuple[int, int, str, str]


class Writer:
    """Writes into the lineage of one environment, in one transaction."""

    def __init__(self, session: Session, place: Place) -> None:
        self._session = session
        self._place = place
        self._ids: dict[str, dict[str, int]] = {}

    def write(self, found: Mapping[str, Traced]) -> None:
        """Make the lineage of these nodes say what was found."""
        for batch in batched(found.items(), BATCH):
            part = dict(batch)
            before = self._versions(part)
            self._write_versions(part, before)
            self._write_edges({k: t for k, t in part.items() if t.edges is not None}, before.keys())

    def remove(self, unique_ids: Collection[str]) -> None:
        """These nodes are no more."""
        for batch in batched(sorted(unique_ids), BATCH):
            self._close_versions(batch)
            self._close_edges(self._edges_into(batch))

    def _versions(self, unique_ids: Iterable[str]) -> dict[str, NodeLineageVersion]:
        version = NodeLineageVersion
        query = sa.select(version).where(
            version.environment_id == self._place.environment_id,
            version.unique_id == sa.func.any(list(unique_ids)),
            version.valid_to.is_(None),
        )
        return {row.unique_id: row for row in self._session.scalars(query)}

    def _write_versions(self, found: Mapping[str, Traced], before: Mapping[str, NodeLineageVersion]) -> None:
        changed: list[str] = []
        for unique_id, traced in found.items():
            old = before.get(unique_id)
            if old is None or said(old) != traced.says():
                changed.append(unique_id)
                continue
            old.input_hash, old.code_hash = traced.input_hash, traced.code_hash
            old.seconds = traced.seconds or old.seconds
        self._session.flush()
        self._close_versions([unique_id for unique_id in changed if unique_id in before])
        rows = (self._version_row(key, found[key], before.get(key)) for key in changed)
        copy_rows(self._session, "node_lineage", _VERSION, rows)

    def _version_row(self, unique_id: str, traced: Traced, old: NodeLineageVersion | None) -> tuple[Any, ...]:
        return (
            self._place.environment_id,
            unique_id,
            self._place.snapshot_id,
            traced.status,
            traced.reason.replace("\0", ""),
            as_json(traced.columns),
            traced.complete,
            as_json(traced.used),
            traced.seconds or (old.seconds if old else 0.0),
            traced.input_hash,
            traced.code_hash,
            traced.kept_since,
        )

    def _close_versions(self, unique_ids: Collection[str]) -> None:
        """They held until this snapshot; what began with it has never held."""
        version, until = NodeLineageVersion, self._place.snapshot_id
        self._session.expunge_all()
        current = sa.and_(
            version.environment_id == self._place.environment_id,
            version.unique_id == sa.func.any(list(unique_ids)),
            version.valid_to.is_(None),
        )
        self._run(sa.delete(version).where(current, version.valid_from >= until))
        self._run(sa.update(version).where(current).values(valid_to=until))

    def _write_edges(self, found: Mapping[str, Traced], known: Collection[str]) -> None:
        self._learn_ids(found)
        wanted: dict[IdKey, EdgeFacts] = {}
        for traced in found.values():
            for key, facts in (traced.edges or {}).items():
                wanted.setdefault(self._by_id(key), facts)
        there = self._edges_into([unique_id for unique_id in found if unique_id in known])
        self._close_edges({key: facts for key, facts in there.items() if wanted.get(key) != facts})
        fresh = ((key, facts) for key, facts in wanted.items() if there.get(key) != facts)
        rows = (
            (*key, self._place.snapshot_id, confidence, *(span or (None, None)))
            for key, (confidence, span) in fresh
        )
        copy_rows(self._session, "column_lineage", _EDGE, rows)

    def _by_id(self, key: EdgeKey) -> IdKey:
        parent, child, kind, transform = key
        return self._ids[child[0]][child[1]], self._ids[parent[0]][parent[1]], kind, transform

    def _edges_into(self, unique_ids: Collection[str]) -> dict[IdKey, EdgeFacts]:
        """The edges that end in columns of these nodes now."""
        if not unique_ids:
            return {}
        edge, column = ColumnEdge, LineageColumn
        query = (
            sa.select(
                edge.child_id,
                edge.parent_id,
                edge.kind,
                edge.transform,
                edge.confidence,
                edge.span_start,
                edge.span_end,
            )
            .join(column, column.id == edge.child_id)
            .where(
                column.environment_id == self._place.environment_id,
                column.unique_id == sa.func.any(list(unique_ids)),
                edge.valid_to.is_(None),
            )
        )
        return {
            (child, parent, kind, transform): (sure, None if start is None or end is None else (start, end))
            for child, parent, kind, transform, sure, start, end in self._session.execute(query)
        }

    def _close_edges(self, keys: Iterable[IdKey]) -> None:
        edge, until = ColumnEdge, self._place.snapshot_id
        for batch in batched(keys, 2000):
            which = sa.and_(
                sa.tuple_(edge.child_id, edge.parent_id, edge.kind, edge.transform).in_(batch),
                edge.valid_to.is_(None),
            )
            self._run(sa.delete(edge).where(which, edge.valid_from >= until))
            self._run(sa.update(edge).where(which).values(valid_to=until))

    def _learn_ids(self, found: Mapping[str, Traced]) -> None:
        """Numbers for all columns that these edges name; new ones get theirs now."""
        named: dict[str, dict[str, None]] = defaultdict(dict)
        for traced in found.values():
            for parent, child, _, _ in traced.edges or ():
                named[child[0]][child[1]] = None
                named[parent[0]][parent[1]] = None
        self._load_ids([unique_id for unique_id in named if unique_id not in self._ids])
        missing = [
            (unique_id, name)
            for unique_id, names in named.items()
            for name in names
            if name not in self._ids[unique_id]
        ]
        self._number(missing)

    def _load_ids(self, unique_ids: Collection[str]) -> None:
        column = LineageColumn
        query = sa.select(column.unique_id, column.name, column.id).where(
            column.environment_id == self._place.environment_id,
            column.unique_id == sa.func.any(list(unique_ids)),
        )
        self._ids.update({unique_id: {} for unique_id in unique_ids})
        for unique_id, name, number in self._session.execute(query):
            self._ids[unique_id][name] = number

    def _number(self, columns: Collection[Column]) -> None:
        query = sa.text(
            f"select nextval(pg_get_serial_sequence('{SCHEMA}.lineage_columns', 'id'))"  # noqa: S608 - a name of ours
            " from generate_series(1, :count)"
        )
        numbers = list(self._session.scalars(query, {"count": len(columns)}))
        pairs = list(zip(numbers, columns, strict=True))
        environment_id = self._place.environment_id
        rows = ((number, environment_id, *column) for number, column in pairs)
        copy_rows(self._session, "lineage_columns", ("id", "environment_id", "unique_id", "name"), rows)
        for number, (unique_id, name) in pairs:
            self._ids[unique_id][name] = number

    def _run(self, statement: Any) -> None:
        self._session.execute(statement, execution_options={"synchronize_session": False})


def said(row: NodeLineageVersion) -> tuple[Any, ...]:
    """What a version says, as `Traced.says` has it."""
    return row.status, row.reason, row.columns, row.complete, row.used, row.kept_since
