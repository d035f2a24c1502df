"""What was computed, put together with what is known from before, on its way into the tables."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.lineage.columns.joining import columns_of_use
from core.lineage.columns.nodes import NodeLineage
from core.lineage.columns.values import Status
from core.lineage.models import NodeLineageVersion
from core.lineage.tracing.computing import told
from core.lineage.tracing.inputs import Light, Plan, known_of
from core.lineage.tracing.rows import Traced, column_row, edges_of, spelled, traced
from core.lineage.tracing.tables import Writer

OLDER_CODE: Final = (
    "the code changed since it was compiled, this is the lineage of the SQL of then; `dbt compile` renews it"
)
KEPT: Final = "what is shown is what was known before"


class Writing:
    """Writes the outcomes of a plan, in the transaction of the session."""

    def __init__(self, session: Session, plan: Plan) -> None:
        self._session = session
        self._plan = plan

    def write(self, found: Mapping[str, NodeLineage], kept: Collection[str]) -> None:
        """Make the lineage of the environment say what was found, and what is kept instead."""
        self._found = found
        self._gather_uses()
        rows = {key: self._row(self._plan.nodes[key], node) for key, node in found.items() if key not in kept}
        rows |= {key: self._kept(version, found[key]) for key, version in self._versions(kept).items()}
        rows |= self._read_by_others(rows.keys())
        spelling = self._spelling(rows)
        for key in found.keys() - set(kept):
            rows[key].edges = dict(edges_of(key, found[key], spelling))
        writer = Writer(self._session, self._plan.place)
        writer.write(rows)
        writer.remove(self._plan.removed)

    def _versions(self, unique_ids: Collection[str]) -> dict[str, NodeLineageVersion]:
        version = NodeLineageVersion
        query = sa.select(version).where(
            version.environment_id == self._plan.place.environment_id,
            version.unique_id == sa.func.any(list(unique_ids)),
            version.valid_to.is_(None),
        )
        return {row.unique_id: row for row in self._session.scalars(query)}

    def _gather_uses(self) -> None:
        """Which columns are read of nodes that do not list them, by all readers that there are."""
        version = NodeLineageVersion
        rows = self._session.execute(
            sa.select(version.unique_id, version.used).where(
                version.environment_id == self._plan.place.environment_id,
                version.valid_to.is_(None),
                version.used != sa.literal({}, version.used.type),
            )
        )
        uses: dict[str, Mapping[str, Sequence[str]]] = {row[0]: row[1] for row in rows}
        gone = {*self._plan.removed, *self._found}
        self._touched = {node for reader in gone & uses.keys() for node in uses[reader]}
        for reader in gone:
            uses.pop(reader, None)
        for reader, node in self._found.items():
            if node.query is not None and node.query.used:
                uses[reader] = node.query.used
                self._touched.update(node.query.used)
        self._uses: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for reader in sorted(uses):
            for node, names in uses[reader].items():
                self._uses[node].update(dict.fromkeys(names))

    def _row(self, light: Light, node: NodeLineage) -> Traced:
        row = traced(self._with_uses(light, node), light.input_hash, light.code_hash)
        if light.older_code and node.query is not None:
            status = Status.PARTIAL.value if row.status == Status.COMPLETE.value else row.status
            reason = f"{row.reason}; {OLDER_CODE}" if row.reason else OLDER_CODE
            return replace(row, status=status, reason=reason)
        return row

    def _with_uses(self, light: Light, node: NodeLineage) -> NodeLineage:
        columns = {name: column for name, column in node.columns.items() if not column.from_use}
        columns.update(columns_of_use(light.kind, told(node), self._uses[light.unique_id], node.reason))
        return replace(node, columns=columns)

    def _kept(self, before: NodeLineageVersion, node: NodeLineage) -> Traced:
        """The SQL could not be read: what was known stays, and says that it is of before."""
        light = self._plan.nodes[before.unique_id]
        return Traced(
            status=Status.UNKNOWN.value,
            reason=f"{node.reason}; {KEPT}",
            columns=self._columns(light.kind, before),
            complete=before.complete,
            seconds=round(node.seconds, 4),
            input_hash=light.input_hash,
            code_hash=before.code_hash,
            used=before.used,
            kept_since=before.kept_since or before.valid_from,
        )

    def _read_by_others(self, own: Collection[str]) -> dict[str, Traced]:
        """Nodes that were not computed, of which others now read other columns than before."""
        rows: dict[str, Traced] = {}
        for key, version in self._versions(self._touched - set(own)).items():
            if key in self._plan.nodes:
                columns = self._columns(self._plan.nodes[key].kind, version)
                rows[key] = Traced(
                    version.status,
                    version.reason,
                    columns,
                    version.complete,
                    version.seconds,
                    version.input_hash,
                    version.code_hash,
                    version.used,
                    version.kept_since,
                )
        return rows

    def _columns(self, kind: str, version: NodeLineageVersion) -> list[dict[str, Any]]:
        columns = [column for column in version.columns if not column.get("from_use")]
        known = known_of(columns, version.complete)
        used = columns_of_use(kind, known, self._uses[version.unique_id], version.reason)
        return columns + [column_row(column) for column in used.values()]

    def _spelling(self, rows: Mapping[str, Traced]) -> dict[str, dict[str, str]]:
        """How the columns of all nodes are spelled that edges may begin in."""
        read = {node for found in self._found.values() for node in _parents(found)}
        others = self._versions(read - rows.keys())
        names = {key: [column["name"] for column in row.columns] for key, row in rows.items()}
        names |= {key: [column["name"] for column in row.columns] for key, row in others.items()}
        return {key: spelled(listed) for key, listed in names.items()}


def _parents(found: NodeLineage) -> Iterable[str]:
    if found.query is None:
        return
    for column in found.query.columns:
        yield from (source.node for source in (*column.sources, *column.influences))
    yield from (source.node for source in found.query.influences)
