"""A column in focus: what its trace reaches, and how much of that is shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.lineage.answers import known
from core.lineage.answers.facts import Names
from core.lineage.answers.reach import totals_of
from core.lineage.graph.spread import Walk
from core.lineage.graph.view import View
from core.lineage.walks.columns import Direction, Trace, trace


@dataclass(frozen=True)
class Focus:
    """The nodes that a trace shows, its columns in these, and how many columns it reaches in all."""

    nodes: set[str]
    traced: Collection[int]
    ancestors: int
    descendants: int


def focus_on(session: Session, readings: Sequence[Reading], unique_id: str, view: View, walk: Walk) -> Focus:
    """The trace of the column in focus, of one time or of both.

    Raises:
        NotFound: nobody knows of such a column.
    """
    start = known.require_column(session, readings[0], unique_id, view.column or "")
    traces = [
        trace(session, reading, start.starts, direction, influence=view.influence)
        for reading in readings
        for direction in ("up", "down")
    ]
    opened: Mapping[Direction, Sequence[str]] = {"up": view.expand_up, "down": view.expand_down}
    names = Names(session, readings[0])
    traced = set(start.starts)
    for found in traces:
        traced |= found.within(view.up if found.direction == "up" else view.down)
    traced = _opened_by_hand(traced, traces, opened, names)
    names.learn(traced)
    shown = {unique_id}
    shown.update(walk.room_for(shown, {names.of(number)[0] for number in traced} - shown))
    up, down = (totals_of(session, found, unique_id).columns for found in traces[:2])
    return Focus(shown, {number for number in traced if names.of(number)[0] in shown}, up, down)


def _opened_by_hand(
    traced: set[int], traces: Sequence[Trace], opened: Mapping[Direction, Sequence[str]], names: Names
) -> set[int]:
    """One step further from the traced columns of opened nodes; what that shows may be opened, too."""
    waiting = {(unique_id, direction) for direction, ids in opened.items() for unique_id in ids}
    found = set(traced)
    while waiting:
        names.learn(found)
        here = {names.of(number)[0] for number in found}
        ready = {item for item in waiting if item[0] in here}
        if not ready:
            break
        waiting -= ready
        for one in traces:
            nodes = {unique_id for unique_id, direction in ready if direction == one.direction}
            found |= one.beyond(
                {number for number in found & one.steps.keys() if names.of(number)[0] in nodes}
            )
    return found
