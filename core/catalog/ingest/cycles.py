"""A project whose nodes read each other in a circle cannot be: such a manifest is refused."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import LineageEdge
from core.kit.errors import Invalid

SHOWN = 6


def refuse_cycles(session: Session, environment_id: int) -> None:
    """Look at the edges as they are written so far.

    Raises:
        Invalid: there is a circle; names it.
    """
    query = sa.select(LineageEdge.child, LineageEdge.parent).where(
        LineageEdge.environment_id == environment_id
    )
    parents: dict[str, list[str]] = {}
    for child, parent in session.execute(query):
        parents.setdefault(child, []).append(parent)
    circle = find_cycle(parents)
    if circle:
        shown = " -> ".join([*circle[:SHOWN], *(["..."] if len(circle) > SHOWN else [])])
        raise Invalid(
            f"manifest.json has nodes that read each other in a circle: {shown}.",
            hint="dbt does not write such a file; let `dbt parse` write it anew.",
        )


def find_cycle(parents: Mapping[str, Iterable[str]]) -> list[str]:
    """The nodes of a circle, the first again at the end; nothing where there is none."""
    try:
        TopologicalSorter(parents).prepare()
    except CycleError as error:
        return [str(node) for node in error.args[1]]
    return []
