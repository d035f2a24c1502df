"""What flows into one column: values with what was done to them, influences, and what is not known of it."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlglot import exp

from core.lineage.columns.values import CERTAIN, Influence

SAME: Final = 0
TRANSFORMED: Final = 1
AGGREGATED: Final = 2

Origin = tuple[str, str]


class Use(NamedTuple):
    """How an origin is used: what was done to it at most, how sure that is, and the SQL that did it."""

    level: int
    confidence: float
    evidence: exp.Expr | None


Influences = dict[tuple[Origin, Influence], Use]


@dataclass(slots=True)
class Flow:
    """Everything that flows into a column. Shared between columns that only hand it on: never change one.

    `fields` are the parts of a struct that was put together in sight.
    """

    values: dict[Origin, Use] = field(default_factory=dict[Origin, Use])
    influences: Influences = field(default_factory=Influences)
    problems: tuple[str, ...] = ()
    fields: "dict[str, Flow] | None" = None


NOTHING: Final = Flow()


def origin(node: str, column: str, confidence: float = CERTAIN) -> Flow:
    """The flow of a column as it stands in a table."""
    return Flow({(node, column): Use(SAME, confidence, None)})


def problem(text: str) -> Flow:
    """The flow of a column that could not be found out."""
    return Flow(problems=(text,))


class Gathering:
    """A flow being put together from the parts of one expression."""

    def __init__(self, evidence: exp.Expr | None) -> None:
        self._evidence = evidence
        self._flow = Flow({}, {})

    def value(self, flow: Flow, level: int) -> None:
        """Add what flows in as a value that `level` happened to."""
        self._note(flow)
        values = self._flow.values
        for source, use in flow.values.items():
            risen = use if use.level >= level else Use(level, use.confidence, self._evidence)
            known = values.get(source)
            if known is None or risen.level > known.level:
                values[source] = risen

    def influence(self, flow: Flow, kind: Influence) -> None:
        """Add what decides on the values without being one of them."""
        self._note(flow)
        for source, use in flow.values.items():
            self._flow.influences.setdefault((source, kind), Use(SAME, use.confidence, self._evidence))

    def rows(self, rows: Influences) -> None:
        """Add what decides on the rows of a subquery."""
        for key, use in rows.items():
            self._flow.influences.setdefault(key, use)

    def _note(self, flow: Flow) -> None:
        self.rows(flow.influences)
        if flow.problems:
            self._flow.problems = tuple(dict.fromkeys((*self._flow.problems, *flow.problems)))

    def done(self) -> Flow:
        """The flow of all that was added."""
        return self._flow


def merged(*flows: Flow) -> Flow:
    """One flow of several that end in the same column, as the branches of a UNION do."""
    if all(flow is flows[0] for flow in flows):
        return flows[0]
    gathering = Gathering(None)
    for flow in flows:
        gathering.value(flow, SAME)
    return gathering.done()


def part(flow: Flow, name: str) -> Flow:
    """A field of a struct: of one put together in sight only what went into this field."""
    if flow.fields is not None:
        for known, inner in flow.fields.items():
            if known.lower() == name.lower():
                return inner
    gathering = Gathering(None)
    gathering.value(flow, TRANSFORMED)
    return gathering.done()
