"""Reads whole queries: common table expressions, set operations, and tables by name."""

import re
from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from core.lineage.columns.flows import Flow, origin, problem
from core.lineage.columns.frames import Frame, Rest, TableFrame, renamed, unlisted
from core.lineage.columns.names import Folding, suffix_match
from core.lineage.columns.pivots import read_pivot_statement
from core.lineage.columns.scopes import Scope, Source
from core.lineage.columns.selects import read_order, read_select
from core.lineage.columns.sets import combine, until_stable
from core.lineage.columns.sources import add_source, read_values
from core.lineage.columns.values import FROM_USE, Relation


class Binder:
    """Knows the relations that a query may read. One is made for each query; frames of tables are kept.

    `stand_ins` are common table expressions that are nodes of their own, as ephemeral models are.
    """

    def __init__(
        self,
        folding: Folding,
        relations: Sequence[Relation],
        stand_ins: Mapping[str, Relation],
        *,
        take_unlisted: bool = False,
    ) -> None:
        self.folding = folding
        self.used: dict[str, dict[str, None]] = {}
        self._stand_ins = stand_ins
        self._take_unlisted = take_unlisted
        self.unmatched: dict[tuple[str, ...], None] = {}
        self._frames: dict[tuple[str, ...], Frame] = {}
        self._of_node: dict[str, Frame] = {}
        self._by_last: dict[str, list[Relation]] = {}
        for relation in relations:
            self._by_last.setdefault(relation.name[-1].lower(), []).append(relation)

    def relation(self, name: tuple[str, ...]) -> Frame:
        """The columns of a table, of which some or all may not be known."""
        frame = self._frames.get(name)
        if frame is None:
            frame = self._frames[name] = self._frame(name)
        return frame

    def called(self, call: str) -> Frame | None:
        """The columns of a relation whose name is a call of a function; None where there is none."""
        wanted = _condensed(call)
        for relations in self._by_last.values():
            for relation in relations:
                if "(" in relation.name[-1] and _condensed(relation.name[-1]) == wanted:
                    return self._of_relation(relation)
        return None

    def define(self, name: tuple[str, ...], frame: Frame) -> None:
        """Make a table known that an earlier statement of the same text creates."""
        self._frames[name] = frame

    def matching(self, name: tuple[str, ...]) -> Relation | None:
        """The relation of that name; where several end alike, the one that matches in case and length."""
        found = [item for item in self._by_last.get(name[-1].lower(), []) if suffix_match(name, item.name)]
        if len({item.node for item in found}) > 1:
            exact = [item for item in found if tuple(item.name[-len(name) :]) == name]
            found = exact or found
        if len({item.node for item in found}) > 1:
            longest = max(_same_parts(name, item.name) for item in found)
            found = [item for item in found if _same_parts(name, item.name) == longest]
        return found[0] if len({item.node for item in found}) == 1 else None

    def _frame(self, name: tuple[str, ...]) -> Frame:
        relation = self.matching(name)
        if relation is not None:
            return self._of_relation(relation)
        written = ".".join(name)
        self.unmatched[name] = None
        if self._by_last.get(name[-1].lower()) and not self._take_unlisted:
            reason = f"{written}: no relation, or more than one, that this node depends on has this name"
        elif self._take_unlisted:
            return self._of_relation(Relation(written, name))
        else:
            reason = f"{written} is none of the relations that this node depends on"
        return Frame([unlisted(Rest(lambda column: problem(f"{column}: {reason}"), reason))])

    def consulted(self) -> dict[str, tuple[str, ...] | None]:
        """What was looked up of each relation: the names, or None where it was all its columns."""
        return {
            node: None if frame.whole else tuple(sorted(frame.asked)) for node, frame in self._of_node.items()
        }

    def _of_relation(self, relation: Relation) -> Frame:
        known = self._of_node.get(relation.node)
        if known is None:
            known = self._of_node[relation.node] = self._new_frame(relation)
        return known

    def _new_frame(self, relation: Relation) -> Frame:
        rest = None
        if not relation.complete:
            reason = f"the columns of {'.'.join(relation.name)} are not all known"
            rest = Rest(self._reader(relation.node), reason)
        return TableFrame(relation.columns, lambda name: origin(relation.node, name), rest)

    def _reader(self, node: str) -> Callable[[str], Flow]:
        spelled: dict[str, str] = {}

        def read(name: str) -> Flow:
            spelling = spelled.setdefault(name.lower(), name)
            self.used.setdefault(node, {})[spelling] = None
            return origin(node, spelling, FROM_USE)

        return read

    def query(self, query: exp.Expr, scope: Scope) -> Frame:
        """The columns of a query; `scope` is that of the query around it."""
        inner = Scope(self.folding, scope, self.with_ctes(query, scope.ctes, scope))
        if isinstance(query, exp.Select):
            return read_select(self, query, inner)
        if isinstance(query, exp.Subquery):
            return self._ordered(query, self.query(query.this, inner), inner)
        if isinstance(query, exp.SetOperation):
            return self._set_operation(query, inner)
        if isinstance(query, exp.Values):
            return read_values(self, query, scope)
        return self._rarer(query, inner)

    def _rarer(self, query: exp.Expr, scope: Scope) -> Frame:
        if isinstance(query, exp.Table):
            add_source(self, query, scope)
            columns = [column for source in scope.sources for column in source.frame.columns]
            return Frame(columns, scope.rows, scope.problems)
        if isinstance(query, exp.Pivot):
            add_source(self, query.this, scope)
            return read_pivot_statement(self, query, scope.sources[0], scope)
        reason = f"{type(query).__name__.upper()} as a query is not supported"
        return Frame([unlisted(Rest(lambda _name: problem(reason), reason))], problems={reason: None})

    def _ordered(self, query: exp.Expr, frame: Frame, scope: Scope) -> Frame:
        if not query.args.get("order"):
            return frame
        inner = Scope(self.folding, scope, scope.ctes, sources=[Source("", frame)])
        inner.rows.update(frame.rows)
        inner.problems.update(frame.problems)
        read_order(self, query, inner, frame.columns)
        return Frame(frame.columns, inner.rows, inner.problems)

    def _set_operation(self, query: exp.SetOperation, scope: Scope) -> Frame:
        """Branches from left to right; a chain of thousands is a tree as deep, so it is walked in a loop."""
        chain: list[exp.SetOperation] = []
        branch: exp.Expr = query
        while isinstance(branch, exp.SetOperation) and (branch is query or not branch.args.get("with_")):
            chain.append(branch)
            branch = branch.this
        frame = self.query(branch, scope)
        for operation in reversed(chain):
            frame = combine(operation, frame, self.query(operation.expression, scope))
        return self._ordered(query, frame, scope)

    def with_ctes(
        self, query: exp.Expr, around: Mapping[str, Callable[[], Frame]], scope: Scope
    ) -> Mapping[str, Callable[[], Frame]]:
        """The common table expressions that a query sees: its own, and those around it."""
        clause = query.args.get("with_")
        if not isinstance(clause, exp.Expr):
            return around
        known = dict(around)
        for item in clause.expressions:
            name = item.alias
            recursive = clause.args.get("recursive") or self.folding.recursive_without_word
            known[name.lower()] = self._later(item, dict(known), scope, recursive=bool(recursive))
        return known

    def _later(
        self, item: exp.Expr, known: dict[str, Callable[[], Frame]], scope: Scope, *, recursive: bool
    ) -> Callable[[], Frame]:
        """A common table expression, read once and only when something names it."""
        kept: list[Frame] = []

        def read() -> Frame:
            if not kept:
                kept.append(self._cte(item, Scope(self.folding, scope, known), recursive=recursive))
            return kept[0]

        return read

    def _cte(self, item: exp.Expr, scope: Scope, *, recursive: bool) -> Frame:
        stand_in = self._stand_ins.get(item.alias.lower())
        if stand_in is not None:
            return self._of_relation(stand_in)
        alias = item.args.get("alias")
        names = (
            [self.folding.name(part) for part in alias.columns] if isinstance(alias, exp.TableAlias) else []
        )
        body = item.this
        if recursive and isinstance(body, exp.SetOperation) and _names(body, item.alias):
            return self._recursive(item.alias, names, body, scope)
        frame = self.query(body, scope)
        return renamed(frame, names) if names else frame

    def _recursive(self, name: str, names: list[str], body: exp.SetOperation, scope: Scope) -> Frame:
        branches = _branches(body)
        anchors = [branch for branch in branches if not _names(branch, name)]
        steps = [branch for branch in branches if _names(branch, name)]
        if not anchors:
            reason = f"{name}: a recursive query without a first part"
            return Frame([unlisted(Rest(lambda _name: problem(reason), reason))])
        frame = self.query(anchors[0], scope)
        for branch in anchors[1:]:
            frame = combine(body, frame, self.query(branch, scope))
        anchor = renamed(frame, names) if names else frame

        def step(known: Frame) -> Frame:
            inner = Scope(self.folding, scope, {**scope.ctes, name.lower(): lambda: known})
            following = self.query(steps[0], inner)
            for branch in steps[1:]:
                following = combine(body, following, self.query(branch, inner))
            return following

        return until_stable(anchor, step, body)


def _condensed(call: str) -> str:
    """A call without what two ways of writing it may differ in."""
    return re.sub(r"[\s\"']", "", call).lower()


def _same_parts(left: Sequence[str], right: Sequence[str]) -> int:
    return min(len(left), len(right))


def _names(query: exp.Expr, name: str) -> bool:
    lowered = name.lower()
    return any(table.name.lower() == lowered and not table.db for table in query.find_all(exp.Table))


def _branches(operation: exp.Expr) -> list[exp.Expr]:
    branches: list[exp.Expr] = []
    while isinstance(operation, exp.SetOperation):
        branches.append(operation.expression)
        operation = operation.this
    return [operation, *reversed(branches)]
