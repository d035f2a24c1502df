"""A shortest way through the lineage, from one node or column down to another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.lineage.answers import known
from core.lineage.answers.facts import EDGE, EdgeRow, Names, column_ids, edge_rows, node_facts, require_node
from core.lineage.answers.shapes import Edge, NodeFact, NodeLink
from core.lineage.models import INFLUENCE, VALUE
from core.lineage.walks import nodes as node_walks
from core.lineage.walks.columns import shortest_way, trace


@dataclass(frozen=True)
class Ends:
    """Where a way begins and ends. With a column at one end only, any column of the other node will do."""

    from_node: str
    to_node: str
    from_column: str | None = None
    to_column: str | None = None
    influence: bool = False


@dataclass(frozen=True)
class Path:
    """A way. Its edges are between columns where columns were given, else between nodes."""

    found: bool
    edges: Sequence[Edge] = ()
    node_edges: Sequence[NodeLink] = ()
    nodes: Sequence[NodeFact] = ()


def shortest(session: Session, reading: Reading, ends: Ends) -> Path:
    """A shortest way.

    Raises:
        NotFound: no such node or column.
    """
    if ends.from_column is None and ends.to_column is None:
        return _through_nodes(session, reading, ends)
    starts = _columns(session, reading, ends.from_node, ends.from_column)
    targets = _columns(session, reading, ends.to_node, ends.to_column)
    found = trace(session, reading, targets, "up", influence=ends.influence)
    way = shortest_way(found, starts)[::-1]
    return _through_columns(session, reading, way, influence=ends.influence) if way else Path(found=False)


def _columns(session: Session, reading: Reading, unique_id: str, column: str | None) -> Collection[int]:
    if column is not None:
        return known.require_column(session, reading, unique_id, column).starts
    require_node(session, reading, unique_id)
    return set(column_ids(session, reading, [unique_id]))


def _through_columns(session: Session, reading: Reading, way: Sequence[int], *, influence: bool) -> Path:
    steps = list(pairwise(way))
    of_steps = sa.tuple_(EDGE.parent_id, EDGE.child_id).in_(steps)
    kinds = EDGE.kind.in_((VALUE, INFLUENCE) if influence else (VALUE,))
    first: dict[tuple[int, int], EdgeRow] = {}
    for row in edge_rows(session, reading, of_steps, kinds) if steps else []:
        first.setdefault((row.parent_id, row.child_id), row)
    names = Names(session, reading)
    names.learn(way)
    edges = names.edges([first[step] for step in steps if step in first])
    nodes = dict.fromkeys(names.of(number)[0] for number in way)
    return Path(found=True, edges=edges, nodes=[names.node(unique_id) for unique_id in nodes])


def _through_nodes(session: Session, reading: Reading, ends: Ends) -> Path:
    for unique_id in (ends.from_node, ends.to_node):
        require_node(session, reading, unique_id)
    edges = node_walks.edges_in_reach(session, reading, [ends.to_node], "up", tests=True)
    near = node_walks.neighbours(edges, "up")
    way = node_walks.shortest_way(lambda one: near.get(one, ()), ends.to_node, ends.from_node)[::-1]
    facts = node_facts(session, reading, way)
    links = [NodeLink(parent, child) for parent, child in pairwise(way)]
    return Path(found=bool(way), node_edges=links, nodes=[facts[unique_id] for unique_id in way])
