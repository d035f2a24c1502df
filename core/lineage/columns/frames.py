"""The columns that a table, subquery or function brings to a query, found by name."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from core.lineage.columns.flows import NOTHING, Flow, Influences, problem


@dataclass(slots=True)
class Column:
    """A column of a frame; with `rest` it stands for all the columns of a relation that are not listed.

    `written` is the expression of the select list that it is.
    """

    name: str
    flow: Flow
    rest: "Rest | None" = None
    written: exp.Expr | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """Columns that are not known by name. `read` gives the flow of one of them, if it is there."""

    read: Callable[[str], Flow]
    reason: str
    hidden: frozenset[str] = frozenset()

    def without(self, names: Iterable[str]) -> "Rest":
        """The same, without columns of these names."""
        return Rest(self.read, self.reason, self.hidden | {name.lower() for name in names})


class Frame:
    """Columns in order, what decides on their rows, and what of these influences is not known.

    `asked` are the names that were looked up, `whole` is true where all columns were: an outcome depends on
    nothing else of the frame.
    """

    __slots__ = ("_columns", "_exact", "_folded", "asked", "problems", "rest", "rows", "whole")

    def __init__(
        self,
        columns: list[Column],
        rows: Influences | None = None,
        problems: dict[str, None] | None = None,
    ) -> None:
        self._columns = columns
        self.rows = {} if rows is None else rows
        self.problems = {} if problems is None else problems
        self.rest = [column.rest for column in columns if column.rest is not None]
        self.whole = False
        self.asked: set[str] = set()
        self._exact: dict[str, Column] | None = None
        self._folded: dict[str, list[Column]] = {}

    @property
    def columns(self) -> list[Column]:
        """All the columns, for a star and the like."""
        self.whole = True
        return self._columns

    def named(self, name: str) -> list[Column]:
        """Listed columns of that name: as it is written or, failing that, without regard to case."""
        self.asked.add(name)
        if self._exact is None:
            self._exact = self._indexed()
        found = self._exact.get(name)
        if found is not None:
            return [found]
        return self._folded.get(name.lower(), [])

    def _indexed(self) -> dict[str, Column]:
        twice: set[str] = set()
        exact: dict[str, Column] = {}
        for column in self._columns:
            if column.rest is None:
                self._folded.setdefault(column.name.lower(), []).append(column)
                if column.name in exact:
                    twice.add(column.name)
                exact[column.name] = column
        for name in twice:
            del exact[name]
        return exact

    def from_rest(self, name: str) -> list[Rest]:
        """What is open and may have a column of that name."""
        return [rest for rest in self.rest if name.lower() not in rest.hidden] if self.rest else []


class TableFrame(Frame):
    """The columns of a table, which are made only when they are asked for: most never are."""

    __slots__ = ("_made", "_make", "_names", "_spelled", "_unlisted")

    def __init__(self, names: Sequence[str], make: Callable[[str], Flow], rest: Rest | None) -> None:
        self._unlisted = [] if rest is None else [unlisted(rest)]
        super().__init__(self._unlisted)
        self._names = names
        self._make = make
        self._made: dict[str, Column] = {}
        self._spelled: dict[str, list[str]] | None = None

    @property
    def columns(self) -> list[Column]:
        """All the columns, for a star and the like."""
        self.whole = True
        return [*(self._column(name) for name in self._names), *self._unlisted]

    def named(self, name: str) -> list[Column]:
        """Listed columns of that name: as it is written or, failing that, without regard to case."""
        self.asked.add(name)
        if self._spelled is None:
            self._spelled = {}
            for known in self._names:
                self._spelled.setdefault(known.lower(), []).append(known)
        found = self._spelled.get(name.lower(), [])
        return [self._column(name)] if name in found else [self._column(known) for known in found]

    def _column(self, name: str) -> Column:
        column = self._made.get(name)
        if column is None:
            column = self._made[name] = Column(name, self._make(name))
        return column


def renamed(frame: Frame, names: Sequence[str]) -> Frame:
    """The frame under a list of column names, as in `AS t(a, b)`. Behind an open star no name is certain."""
    columns: list[Column] = []
    waiting = list(names)
    for column in frame.columns:
        if column.rest is not None:
            columns += [Column(name, problem(column.rest.reason)) for name in waiting]
            waiting.clear()
        columns.append(Column(waiting.pop(0), column.flow) if waiting else column)
    return Frame(columns, frame.rows, frame.problems)


def unlisted(rest: Rest) -> Column:
    """The column that stands for what is not listed."""
    return Column("*", NOTHING, rest)
