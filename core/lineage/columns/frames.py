"""The columns that a table, subquery or function brings to a query, found by name."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class Frame:
    """Columns in order, what decides on their rows, and what of these influences is not known.

    `asked` are the names that were looked up, `whole` is true where all columns were: an outcome depends on
    nothing else of the frame.
    """

    columns: list[Column]
    rows: Influences = field(default_factory=Influences)
    problems: dict[str, None] = field(default_factory=dict[str, None])
    whole: bool = False
    asked: set[str] = field(default_factory=set[str])
    _exact: dict[str, Column] | None = None
    _folded: dict[str, list[Column]] = field(default_factory=dict[str, list[Column]])

    @property
    def rest(self) -> list[Rest]:
        """What is open about it; empty where all columns are known."""
        return [column.rest for column in self.columns if column.rest is not None]

    def every(self) -> list[Column]:
        """All the columns, for a star and the like."""
        self.whole = True
        return self.columns

    def named(self, name: str) -> list[Column]:
        """Listed columns of that name: as it is written or, failing that, without regard to case."""
        self.asked.add(name)
        if self._exact is None:
            self._exact = {}
            self._index()
        found = self._exact.get(name)
        if found is not None:
            return [found]
        return self._folded.get(name.lower(), [])

    def _index(self) -> None:
        twice: set[str] = set()
        exact: dict[str, Column] = {}
        for column in self.columns:
            if column.rest is not None:
                continue
            self._folded.setdefault(column.name.lower(), []).append(column)
            twice.update({column.name} & exact.keys())
            exact[column.name] = column
        self._exact = {name: column for name, column in exact.items() if name not in twice}

    def from_rest(self, name: str) -> list[Rest]:
        """What is open and may have a column of that name."""
        return [rest for rest in self.rest if name.lower() not in rest.hidden]


def renamed(frame: Frame, names: Sequence[str]) -> Frame:
    """The frame under a list of column names, as in `AS t(a, b)`. Behind an open star no name is certain."""
    columns: list[Column] = []
    waiting = list(names)
    for column in frame.every():
        if column.rest is not None:
            columns += [Column(name, problem(column.rest.reason)) for name in waiting]
            waiting.clear()
        columns.append(Column(waiting.pop(0), column.flow) if waiting else column)
    return Frame(columns, frame.rows, frame.problems)


def unlisted(rest: Rest) -> Column:
    """The column that stands for what is not listed."""
    return Column("*", NOTHING, rest)
