"""Computing the lineage that a catalog lacks: what changed, and who reads what came out otherwise."""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from core.kit.bulk import planned_for
from core.kit.database import Database
from core.lineage.columns.known import Known
from core.lineage.columns.nodes import NodeLineage
from core.lineage.columns.project import SECONDS_PER_NODE, Project, project_lineage
from core.lineage.columns.standins import PREFIX
from core.lineage.tracing import states
from core.lineage.tracing.inputs import (
    Full,
    Light,
    Plan,
    full_nodes,
    known_before,
    known_well,
    readers_of,
    undecided,
)
from core.lineage.tracing.outcomes import StoredOutcomes
from core.lineage.tracing.rows import tells_nothing

# Each round goes one step downstream of what changed.
MOST_ROUNDS: Final = 200
MOST_UNDECIDED: Final = 500
_TOLD_EVERY_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Limits:
    """`workers` are processes, as many as there are cores if not given; `seconds` those of one node."""

    workers: int | None = None
    seconds: float = SECONDS_PER_NODE


@dataclass
class Computing:
    """The outcomes of one plan; `computed` of them were not known from before.

    `kept` are nodes whose SQL could be read before and cannot now: readers are told what they were told then.
    """

    db: Database
    plan: Plan
    limits: Limits
    found: dict[str, NodeLineage] = field(default_factory=dict[str, NodeLineage])
    kept: dict[str, Known] = field(default_factory=dict[str, Known])
    computed: int = 0
    _told_at: float = 0.0
    _done_before: int = 0

    def compute(self) -> None:
        """Fill `found`."""
        self._by_name = _by_name(self.plan.nodes)
        self._waited: set[str] = set()
        outcomes = StoredOutcomes(self.db, self.plan.place.workspace_id)
        wanted = self._first()
        for _ in range(MOST_ROUNDS):
            if not wanted:
                break
            before = self._known(wanted)
            self._round(wanted, outcomes)
            self._keep(wanted, before)
            moved = [key for key in wanted if self._told(key) != before[key]]
            misled = [key for key in wanted if self._told(key) != told(self.found[key])]
            early = self._read_too_early(wanted)
            wanted = (self._readers(moved) - wanted) | self._readers(misled) | early
        outcomes.close()
        self.computed = sum(1 for node in self.found.values() if node.seconds)

    def _read_too_early(self, wanted: set[str]) -> set[str]:
        """Nodes that read others which their manifest does not name, and so did not wait; each once."""
        unnamed = {
            key
            for key, declared in self._declared.items()
            if (query := self.found[key].query) is not None
            and not (query.consulted.keys() & wanted) <= declared | {key}
        }
        self._waited, early = self._waited | unnamed, unnamed - self._waited
        return early

    def _first(self) -> set[str]:
        """What changed, and who names a node that was not there before, or is gone."""
        plan, wanted = self.plan, set(self.plan.changed)
        if plan.is_other and len(wanted) < len(plan.nodes):
            with self.db.session() as session:
                wanted.update(undecided(session, plan.place, MOST_UNDECIDED))
        return (wanted | self._readers(plan.removed)) & plan.nodes.keys()

    def _readers(self, unique_ids: Collection[str]) -> set[str]:
        if not unique_ids or len(unique_ids) == len(self.plan.nodes):
            return set()
        with self.db.session() as session, planned_for(session, len(unique_ids)):
            return readers_of(session, self.plan.place, unique_ids) & self.plan.nodes.keys()

    def _known(self, unique_ids: Iterable[str]) -> dict[str, Known]:
        """What readers are told of these nodes so far."""
        listed = list(unique_ids)
        with self.db.session() as session, planned_for(session, len(listed)):
            known = known_before(session, self.plan.place, [key for key in listed if key not in self.found])
        return {key: self._told(key) if key in self.found else known[key] for key in listed}

    def _told(self, unique_id: str) -> Known:
        return self.kept.get(unique_id) or told(self.found[unique_id])

    def _keep(self, wanted: Iterable[str], before: Mapping[str, Known]) -> None:
        """Hold on to what was known of nodes that could not be read."""
        unread = {key for key in wanted if tells_nothing(self.found[key])}
        for key in set(wanted) - unread:
            self.kept.pop(key, None)
        sql = [key for key in unread if self.plan.nodes[key].language == "sql"]
        with self.db.session() as session, planned_for(session, len(sql)):
            for key in known_well(session, self.plan.place, sql):
                self.kept[key] = before[key]

    def _round(self, wanted: set[str], outcomes: StoredOutcomes) -> None:
        self._declared: dict[str, set[str]] = {}
        found = self._lineage(wanted, (), outcomes)
        others = {key: self._undeclared(key, node) for key, node in found.items()}
        again = {key for key, more in others.items() if more - wanted}
        if again:
            more = {other for key in again for other in others[key]}
            found.update(self._lineage(again, more, outcomes))
        self.found.update(found)
        self._done_before += len(wanted)

    def _lineage(
        self, wanted: Collection[str], more: Iterable[str], outcomes: StoredOutcomes
    ) -> dict[str, NodeLineage]:
        plan = self.plan
        with self.db.session() as session, planned_for(session, len(wanted)):
            full = full_nodes(session, plan.place, wanted)
            inlined = self._inlined(full) - set(wanted)
            inside = full_nodes(session, plan.place, inlined).nodes if inlined else []
        self._declared.update({node.unique_id: set(node.parents) for node in full.nodes})
        read = {parent for node in full.nodes for parent in node.parents}.union(more)
        others = (read & plan.nodes.keys()) - set(wanted) - inlined
        fixed = [*inside, *(plan.nodes[key].fixed() for key in sorted(others))]
        known = self._known(others | inlined)
        project = Project([*full.nodes, *fixed], plan.place.dialect, full.catalog, known)
        return project_lineage(
            project,
            workers=self.limits.workers,
            seconds=self.limits.seconds,
            outcomes=outcomes,
            progress=self._tell,
        )

    def _inlined(self, full: Full) -> set[str]:
        """Ephemeral models, where any may be part of this SQL; they may read each other under any alias."""
        if not any(PREFIX in node.sql for node in full.nodes):
            return set()
        return {key for key, node in self.plan.nodes.items() if node.materialization == "ephemeral"}

    def _undeclared(self, unique_id: str, node: NodeLineage) -> set[str]:
        """Nodes that its SQL reads and its manifest does not say; a bare name says too little."""
        found: set[str] = set()
        for name in () if node.query is None else node.query.unmatched:
            lowered = tuple(part.lower() for part in name)
            near = [key for full, key in self._by_name[lowered[-1]] if full[-len(lowered) :] == lowered]
            if len(lowered) > 1 and len(near) == 1 and near[0] != unique_id:
                found.update(near)
        return found

    def _tell(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= _TOLD_EVERY_SECONDS:
            self._told_at = now
            before, place = self._done_before, self.plan.place
            with self.db.session() as session:
                states.progress(session, place.environment_id, before + done, before + total)


def told(node: NodeLineage) -> Known:
    """What readers of a node are told of its columns."""
    listed = {name: column.known_from for name, column in node.columns.items() if column.listed}
    return Known(listed, node.complete)


def _by_name(nodes: Mapping[str, Light]) -> defaultdict[str, list[tuple[tuple[str, ...], str]]]:
    found: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for key, node in nodes.items():
        if node.relation and node.materialization != "ephemeral":
            lowered = tuple(part.lower() for part in node.relation)
            found[lowered[-1]].append((lowered, key))
    return found
