"""What goes into the lineage of one query, and what comes out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """How much is known of a column or of a node. NONE: certainly computed from no column at all."""

    COMPLETE = "complete"
    NONE = "none"
    PARTIAL = "partial"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Transform(StrEnum):
    """What happened to a value on its way from source to output."""

    COPIED = "copied"
    RENAMED = "renamed"
    TRANSFORMED = "transformed"
    AGGREGATED = "aggregated"


class Influence(StrEnum):
    """How a column decides which values come out without being one of them."""

    FILTER = "filter"
    JOIN = "join"
    GROUP = "group"
    ORDER = "order"
    WINDOW = "window"
    DISTINCT = "distinct"


# Of names resolved against known columns; against a relation whose columns are not all known, but which
# alone can have the name; of an alias where such a relation might have a column of that name.
CERTAIN = 1.0
FROM_USE = 0.8
LIKELY = 0.6

Span = tuple[int, int]


@dataclass(frozen=True)
class Relation:
    """A table, view or model that a query may read.

    `columns` are in order; where `complete` is false there may be more of them than are known.
    """

    node: str
    name: tuple[str, ...]
    columns: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True)
class ValueSource:
    """A column whose value is in the output. The span is of the expression, [start, end) in the SQL."""

    node: str
    column: str
    transform: Transform
    confidence: float
    span: Span | None


@dataclass(frozen=True)
class InfluenceSource:
    """A column that decides on the output; the span is of the clause in which it does."""

    node: str
    column: str
    kind: Influence
    confidence: float
    span: Span | None


@dataclass(frozen=True)
class OutputColumn:
    """A column of the result. `influences` are of this column alone: windows, FILTER, scalar subqueries."""

    name: str
    status: Status
    reason: str = ""
    sources: Sequence[ValueSource] = ()
    influences: Sequence[InfluenceSource] = ()


@dataclass(frozen=True)
class QueryLineage:
    """The lineage of one query.

    `influences` decide on whole rows, and so on every column. `open` says that the result has columns
    which are not listed, since a star reads a relation whose columns are not all known. `used` names the
    columns that the query reads from relations which do not list them. `consulted` says which names were
    looked up in each relation (None: all its columns): the lineage depends on nothing else of them.
    `unmatched` are tables that are none of the relations.
    """

    status: Status
    reason: str = ""
    columns: Sequence[OutputColumn] = ()
    influences: Sequence[InfluenceSource] = ()
    open: bool = False
    used: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    consulted: Mapping[str, Sequence[str] | None] = field(default_factory=dict[str, Sequence[str] | None])
    unmatched: Sequence[tuple[str, ...]] = ()
