"""Outcomes kept by what they depend on: the SQL, the dialect, and what was looked up of the relations."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.lineage.columns.values import QueryLineage, Relation


@dataclass(frozen=True)
class Question:
    """What one computation is asked."""

    sql: str
    dialect: str
    relations: tuple[Relation, ...]
    stand_ins: Mapping[str, Relation] = field(default_factory=dict[str, Relation])

    @property
    def key(self) -> str:
        """Of everything but the columns of relations."""
        digest = hashlib.blake2b(self.dialect.encode(), digest_size=16)
        digest.update(b"\0" + self.sql.encode())
        for relation in self.relations:
            digest.update(("\0" + "\1".join((relation.node, *relation.name))).encode())
        for name, relation in sorted(self.stand_ins.items()):
            digest.update(f"\0{name}\1{relation.node}".encode())
        return digest.hexdigest()

    def answers(self, lineage: QueryLineage) -> str:
        """What the relations say about just that which the computation looked up of them."""
        digest = hashlib.blake2b(digest_size=16)
        by_node = {relation.node: relation for relation in (*self.relations, *self.stand_ins.values())}
        for node, asked in sorted(lineage.consulted.items()):
            relation = by_node.get(node)
            if relation is None:
                continue
            digest.update(f"\0{node}\1{relation.complete}".encode())
            digest.update("\1".join(_asked_of(relation, asked)).encode())
        return digest.hexdigest()


def _asked_of(relation: Relation, asked: Sequence[str] | None) -> Sequence[str]:
    """All columns, or for each of the names looked up those that answer to it."""
    if asked is None:
        return relation.columns
    wanted = {name.lower() for name in asked}
    return [column for column in relation.columns if column.lower() in wanted]


class Outcomes:
    """Outcomes in memory. `entries` may be kept and given again: key to (answers, outcome) pairs."""

    def __init__(self, entries: Mapping[str, Sequence[tuple[str, QueryLineage]]] | None = None) -> None:
        self.entries = {key: list(known) for key, known in (entries or {}).items()}
        self.hits = 0

    def find(self, question: Question) -> QueryLineage | None:
        """The outcome of an equal question, or of one that differs in what nobody looked up."""
        for answers, lineage in self.entries.get(question.key, ()):
            if question.answers(lineage) == answers:
                self.hits += 1
                return lineage
        return None

    def keep(self, question: Question, lineage: QueryLineage) -> None:
        """Remember an outcome."""
        self.entries.setdefault(question.key, []).append((question.answers(lineage), lineage))
