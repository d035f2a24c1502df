"""The lineage of a whole project: parents before children, so that columns inferred upstream are known."""

import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from core.lineage.columns.cache import Outcomes, Question
from core.lineage.columns.joining import outcome
from core.lineage.columns.known import Known, known_after, known_before, known_from_use
from core.lineage.columns.nodes import NodeLineage, ProjectNode
from core.lineage.columns.ordering import on_cycles
from core.lineage.columns.pool import Pool
from core.lineage.columns.serving import Answer, prepare
from core.lineage.columns.snapshots import added_columns
from core.lineage.columns.spelling import Spellings, respelled
from core.lineage.columns.standins import PREFIX
from core.lineage.columns.values import QueryLineage, Relation, Status

SECONDS_PER_NODE: Final = 60.0
_WORD: Final = re.compile(r"\w+")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Project:
    """Nodes of a project, the columns that catalog.json gives them, and the dialect of their SQL.

    The columns of `fixed` nodes are known from before: others read them, they are not computed.
    """

    nodes: Sequence[ProjectNode]
    dialect: str
    catalog: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    fixed: Mapping[str, Known] = field(default_factory=dict[str, Known])


def project_lineage(
    project: Project,
    *,
    workers: int | None = None,
    seconds: float = SECONDS_PER_NODE,
    outcomes: Outcomes | None = None,
    progress: Progress | None = None,
) -> dict[str, NodeLineage]:
    """The lineage of every node that is not fixed, by unique_id.

    `workers` are processes, as many as there are cores if not given; a node that takes longer than `seconds`
    is cut off and says so. `outcomes` are those of before: what is in them is not computed again, and what
    is computed is added. `progress` is told how many nodes are done, of how many.
    """
    run = _Run(project, outcomes or Outcomes())
    prepare(project.dialect)
    with Pool(workers or os.cpu_count() or 1, seconds) as pool:
        run.begin(pool)
        for unique_id, found in pool.answers():
            run.answered(pool, unique_id, found)
            if progress is not None:
                progress(len(run.done), len(run.wanted))
    return run.finished()


class _Run:
    """The state of one computation: what is known of each node, and which nodes wait for which."""

    def __init__(self, project: Project, outcomes: Outcomes) -> None:
        self.nodes = {node.unique_id: node for node in project.nodes}
        self.dialect = project.dialect
        self.outcomes = outcomes
        self.wanted = {key: node for key, node in self.nodes.items() if key not in project.fixed}
        before = {key: known_before(node, project.catalog.get(key)) for key, node in self.wanted.items()}
        self.known = {**before, **project.fixed}
        self.done: dict[str, QueryLineage] = {}
        self.seconds: dict[str, float] = {}
        self.used: dict[str, dict[str, None]] = {}
        self._questions: dict[str, Question] = {}
        self._by_name = _by_name(project.nodes)
        self.inlined = {PREFIX + node.name.lower(): node for node in project.nodes if node.ephemeral}
        self.circle = on_cycles({key: node.parents for key, node in self.wanted.items()})
        self.waiting = {
            key: {parent for parent in node.parents if self._must_wait(parent)}
            for key, node in self.wanted.items()
        }
        self.children: dict[str, list[str]] = {}
        for unique_id, found in self.waiting.items():
            for parent in found:
                self.children.setdefault(parent, []).append(unique_id)

    def _must_wait(self, parent: str) -> bool:
        """Whether reading the parent's SQL tells more about its columns than is known already."""
        node = self.wanted.get(parent)
        return (
            node is not None
            and not self.known[parent].complete
            and parent not in self.circle
            and not _without_sql(node)
        )

    def begin(self, pool: Pool) -> None:
        """Settle what needs no SQL, and ask for what waits for nothing. Large SQL goes first."""
        for unique_id, node in self.wanted.items():
            reason = (
                "it is part of a circle of nodes that read each other"
                if unique_id in self.circle
                else _without_sql(node)
            )
            if reason:
                self.done[unique_id] = QueryLineage(Status.UNKNOWN, reason)
        free = [key for key, found in self.waiting.items() if not found and key not in self.done]
        self._ask(pool, sorted(free, key=lambda key: -len(self.nodes[key].sql)))

    def _ask(self, pool: Pool, free: Sequence[str]) -> None:
        """Ask for nodes that wait for nothing, and for those that are free once kept outcomes are taken."""
        waiting = list(free)
        while waiting:
            unique_id = waiting.pop(0)
            question = self._questions[unique_id] = self._question(self.nodes[unique_id])
            kept = self.outcomes.find(question)
            if kept is None:
                pool.ask(unique_id, question)
            else:
                waiting += self._settle(unique_id, kept)

    def _question(self, node: ProjectNode, more: Sequence[str] = ()) -> Question:
        parents = [key for key in node.parents if key in self.nodes] or self._mentioned(node)
        relations = [self._relation(self.nodes[key]) for key in (*parents, *more) if key in self.nodes]
        stand_ins: dict[str, Relation] = {}
        if PREFIX in node.sql:
            lowered = node.sql.lower()
            stand_ins = {
                name: self._relation(one)
                for name, one in (self.inlined | self._inlined_in(node)).items()
                if name in lowered
            }
        if node.relation:
            relations.append(self._relation(node))
        own = {relation.node: relation for relation in relations}
        return Question(node.sql, self.dialect, tuple(own.values()), stand_ins)

    def _inlined_in(self, node: ProjectNode) -> dict[str, ProjectNode]:
        """Ephemeral models above the node by the names they are inlined under, which may be their aliases."""
        found: dict[str, ProjectNode] = {}
        waiting = [self.nodes[key] for key in node.parents if key in self.nodes]
        seen: set[str] = set()
        while waiting:
            one = waiting.pop()
            if one.ephemeral and one.unique_id not in seen:
                seen.add(one.unique_id)
                found.setdefault(PREFIX + one.name.lower(), one)
                if one.relation:
                    found[PREFIX + one.relation[-1].lower()] = one
                waiting += [self.nodes[key] for key in one.parents if key in self.nodes]
        return found

    def _mentioned(self, node: ProjectNode) -> list[str]:
        """Nodes that a node without parents may read: all parts of their names are words of its SQL.

        This only spares a second reading; which of them it reads the parser says.
        """
        words = set(_WORD.findall(node.sql.lower()))
        return [
            key
            for word in sorted(words & self._by_name.keys())
            for name, key in self._by_name[word]
            if len(name) > 1 and words.issuperset(name)
        ]

    def _relation(self, node: ProjectNode) -> Relation:
        return self.known[node.unique_id].relation(node)

    def answered(self, pool: Pool, unique_id: str, found: Answer) -> None:
        """Take in an answer; ask again where it read relations of the project that it does not declare."""
        question = self._questions[unique_id]
        self.seconds[unique_id] = self.seconds.get(unique_id, 0.0) + found.seconds
        known = {relation.node for relation in question.relations}
        others = [
            key for name in found.lineage.unmatched for key in self._undeclared(name) if key not in known
        ]
        if others:
            again = self._question(self.nodes[unique_id], others)
            self._questions[unique_id] = again
            if again != question:
                return pool.ask(unique_id, again)
        if found.final:
            self.outcomes.keep(question, found.lineage)
        return self._ask(pool, self._settle(unique_id, found.lineage))

    def _undeclared(self, name: tuple[str, ...]) -> list[str]:
        """The one node whose relation is called so; a bare name says too little."""
        if len(name) < 2:
            return []
        lowered = tuple(part.lower() for part in name)
        found = [key for full, key in self._by_name.get(lowered[-1], []) if full[-len(lowered) :] == lowered]
        return found if len(found) == 1 else []

    def _settle(self, unique_id: str, lineage: QueryLineage) -> list[str]:
        """Keep an outcome; the children that now wait for nothing more."""
        node = self.nodes[unique_id]
        extra = added_columns(node, lineage.columns)
        if extra and lineage.columns:
            lineage = replace(lineage, columns=[*lineage.columns, *extra])
        lineage = _named_by_place(self.known[unique_id], lineage)
        self.done[unique_id] = lineage
        self.known[unique_id] = known_after(self.known[unique_id], lineage)
        for used, names in lineage.used.items():
            self.used.setdefault(used, {}).update(dict.fromkeys(names))
        for child in self.children.get(unique_id, []):
            self.waiting[child].discard(unique_id)
        return [
            child
            for child in self.children.get(unique_id, [])
            if not self.waiting[child] and child not in self.done
        ]

    def finished(self) -> dict[str, NodeLineage]:
        """The outcome for every node that was to be computed, those without SQL included."""
        spellings = {key: self._spelling(key) for key in self.known}
        return {key: self._outcome(node, spellings) for key, node in self.wanted.items()}

    def _spelling(self, unique_id: str) -> dict[str, str]:
        """The columns of a node by their names in lower case; empty where two differ in case alone."""
        columns = known_from_use(self.known[unique_id], self.used.get(unique_id, ())).columns
        spelling = {name.lower(): name for name in columns}
        return spelling if len(spelling) == len(columns) else {}

    def _outcome(self, node: ProjectNode, spellings: Spellings) -> NodeLineage:
        lineage = respelled(self.done[node.unique_id], node.unique_id, spellings)
        remarks, seconds = self._remarks(node), self.seconds.get(node.unique_id, 0.0)
        known, used = self.known[node.unique_id], self.used.get(node.unique_id, ())
        return outcome(node, known, lineage, used, remarks, seconds)

    def _remarks(self, node: ProjectNode) -> list[str]:
        missing = [parent for parent in node.parents if parent not in self.nodes and _readable(parent)]
        remarks = [f"the manifest has no {parent}" for parent in missing[:3]]
        if "is_incremental" in node.raw_sql:
            remarks.append("only the rendering at hand is read, the other branch of is_incremental() is not")
        return remarks


def _readable(parent: str) -> bool:
    return parent.split(".", 1)[0] in {"model", "seed", "snapshot", "source"}


def _by_name(nodes: Sequence[ProjectNode]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for node in nodes:
        if node.relation and not node.ephemeral:
            lowered = tuple(part.lower() for part in node.relation)
            found.setdefault(lowered[-1], []).append((lowered, node.unique_id))
    return found


def _without_sql(node: ProjectNode) -> str:
    """Why there is no SQL to read; empty where there is."""
    if node.kind in {"source", "seed"}:
        return f"a {node.kind} is where lineage begins"
    if node.language != "sql":
        return f"a {node.language.capitalize()} model: its code is not read"
    return "" if node.sql.strip() else "no compiled SQL in the manifest; `dbt compile` writes it"


def _named_by_place(known: Known, lineage: QueryLineage) -> QueryLineage:
    """The outcome with the warehouse's names for expressions without one, and for names that come twice.

    Only where all columns are known, as many as the query gives, and those with a name stand where it says.
    """
    names = list(known.columns)
    if not known.complete or lineage.open or len(names) != len(lineage.columns):
        return lineage
    own = Counter(column.name.lower() for column in lineage.columns)
    listed = {name.lower() for name in names}
    pairs = list(zip(names, lineage.columns, strict=True))
    for name, column in pairs:
        lowered = column.name.lower()
        if lowered != name.lower() and own[lowered] == 1 and lowered in listed:
            return lineage
    columns = [
        column if column.name.lower() == name.lower() else replace(column, name=name)
        for name, column in pairs
    ]
    return replace(lineage, columns=columns)
