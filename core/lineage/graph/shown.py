"""Which columns the graph shows inside its nodes, and the edges between these."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.lineage.answers.columns import neighbour_totals
from core.lineage.answers.compare import Compared, compare
from core.lineage.answers.facts import EDGE, Names, column_ids, edge_rows, versions
from core.lineage.answers.shapes import Edge
from core.lineage.graph.view import View
from core.lineage.models import INFLUENCE, ROWS, VALUE

# Of a node, and of one whose columns are all shown.
MOST: Final = 40
MOST_OF_ALL: Final = 200
MOST_EDGES: Final = 10_000


@dataclass(frozen=True)
class ShownColumn:
    """A column inside its node. Totals count columns next to it, shown or not."""

    name: str
    known_from: str
    status: str
    traced: bool
    parents_total: int
    children_total: int
    change: str | None


@dataclass(frozen=True)
class ShownColumns:
    """The columns of each node that shows any, and the edges between them; `truncated`: not all there are."""

    of_nodes: Mapping[str, Sequence[ShownColumn]] = field(default_factory=dict[str, Sequence[ShownColumn]])
    edges: Sequence[Edge] = ()
    truncated: bool = False


def shown_columns(
    session: Session,
    readings: Sequence[Reading],
    view: View,
    nodes: Collection[str],
    traced: Collection[int],
) -> ShownColumns:
    """Columns and edges of the shown nodes. `traced` are those that the trace in focus reaches."""
    opened = {key for key in (*view.columns, *view.all_columns) if key in nodes}
    if not opened and not traced:
        return ShownColumns()
    return _Shown(session, readings, view, opened, traced).answer()


class _Shown:
    def __init__(
        self,
        session: Session,
        readings: Sequence[Reading],
        view: View,
        opened: Collection[str],
        traced: Collection[int],
    ) -> None:
        self._session, self._readings, self._view = session, readings, view
        self._names = Names(session, readings[0])
        self._names.learn(traced)
        self._traced = set(traced)
        self._numbers = column_ids(session, readings[0], opened)
        self._numbers |= {number: self._names.of(number) for number in traced}
        self._nodes = {unique_id for unique_id, _ in self._numbers.values()} | {*opened}
        self._compared, self._truncated = self._find_edges()
        self._lit = {end for one in self._compared for end in (one.row.parent_id, one.row.child_id)}
        self._changed = {one.row.child_id for one in self._compared if one.change is not None}

    def _find_edges(self) -> tuple[list[Compared], bool]:
        """Edges between any columns that could be shown, of one time or of both."""
        kinds = (VALUE, INFLUENCE) if self._view.influence else (VALUE,)
        numbers = list(self._numbers)
        within = (
            EDGE.child_id == sa.func.any(numbers),
            EDGE.parent_id == sa.func.any(numbers),
            EDGE.kind.in_(kinds),
        )
        found = [edge_rows(self._session, reading, *within, limit=MOST_EDGES) for reading in self._readings]
        truncated = any(len(rows) == MOST_EDGES for rows in found)
        if len(found) == 1:
            return [Compared(row, None) for row in found[0]], truncated
        return compare(found[1], found[0]), truncated

    def answer(self) -> ShownColumns:
        """Choose columns, then the edges between those chosen."""
        chosen = self._chosen()
        numbers = {place: number for number, place in self._numbers.items()}
        places = {(key, column["name"]) for key, columns in chosen.items() for column in columns}
        shown = {numbers[place] for place in places if place in numbers}
        totals = neighbour_totals(self._session, self._readings[0], shown, influence=self._view.influence)
        shown |= {number for number, (_, name) in self._numbers.items() if name == ROWS}
        edges = [one for one in self._compared if {one.row.parent_id, one.row.child_id} <= shown]
        return ShownColumns(
            {
                key: [self._column(key, column, numbers, totals) for column in columns]
                for key, columns in chosen.items()
            },
            self._names.edges([one.row for one in edges], [one.mark for one in edges]),
            self._truncated,
        )

    def _chosen(self) -> dict[str, list[dict[str, Any]]]:
        """Columns of each node: traced ones first of all, then those with edges to what is shown."""
        known = [versions(self._session, reading, self._nodes) for reading in self._readings]
        numbers: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for number, (unique_id, name) in self._numbers.items():
            numbers[unique_id][name] = number
        columns = {
            key: _merged([found[key].columns if key in found else None for found in known])
            for key in sorted(self._nodes)
        }
        return {key: self._choose(key, found, numbers[key]) for key, found in columns.items()}

    def _choose(
        self, key: str, columns: list[dict[str, Any]], numbers: Mapping[str, int]
    ) -> list[dict[str, Any]]:
        if key in self._view.all_columns:
            return columns[:MOST_OF_ALL]
        traced = [column for column in columns if numbers.get(column["name"]) in self._traced]
        if key not in self._view.columns:
            return traced[:MOST]
        lit = [column for column in columns if numbers.get(column["name"]) in self._lit]
        wanted = {column["name"] for column in [*traced, *lit][:MOST]}
        return [column for column in columns if column["name"] in wanted] or columns[:MOST]

    def _column(
        self,
        key: str,
        column: Mapping[str, Any],
        numbers: Mapping[tuple[str, str], int],
        totals: tuple[Mapping[int, int], Mapping[int, int]],
    ) -> ShownColumn:
        number = numbers.get((key, column["name"]), 0)
        change = column.get("change") or ("changed" if number in self._changed else None)
        return ShownColumn(
            column["name"],
            column["known_from"],
            column["status"],
            number in self._traced,
            totals[0].get(number, 0),
            totals[1].get(number, 0),
            change,
        )


def _merged(times: Sequence[list[dict[str, Any]] | None]) -> list[dict[str, Any]]:
    """The columns of now; where two times are compared, also those that went, and which came."""
    now = times[0] or []
    if len(times) == 1 or times[1] is None:
        return now
    before, after = ({column["name"] for column in columns} for columns in (times[1], now))
    came = [column if column["name"] in before else {**column, "change": "added"} for column in now]
    gone = [{**column, "change": "removed"} for column in times[1] if column["name"] not in after]
    return came + gone
