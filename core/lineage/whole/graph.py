"""The whole graph of a project, laid out: for a drawing of thousands of nodes, not for reading one by one.

Where nodes stand depends on the snapshot alone and is kept; what their last runs made of them is read anew.
"""

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.catalog.health import tallies
from core.catalog.models import CatalogState, NodeHealth
from core.catalog.reading import Reading
from core.kit.database import Database
from core.kit.hashing import content_hash
from core.lineage.answers.facts import holds
from core.lineage.answers.shapes import NOT_TRACED
from core.lineage.models import NodeLineageVersion
from core.lineage.walks.nodes import all_edges
from core.lineage.whole.layout import draw
from core.lineage.whole.models import LineageLayout

# Of an environment; each is of another snapshot or of another choice of nodes.
KEPT: Final = 8
# What a graph is drawn of: of the rest, such as macros, nothing leads anywhere.
DRAWN: Final = (
    "model",
    "seed",
    "snapshot",
    "source",
    "exposure",
    "metric",
    "semantic_model",
    "saved_query",
    "analysis",
)
NONE: Final = -1
LEVEL: Final = 5


@dataclass(frozen=True)
class Wanted:
    """Which nodes are drawn. Empty fields do not filter; `folders` take what lies below them too."""

    resource_types: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packed:
    """A graph as compressed JSON, and a tag that names these very bytes."""

    tag: str
    body: bytes

    def plain(self) -> bytes:
        """The JSON itself."""
        return gzip.decompress(self.body)


class _Drawn(msgspec.Struct):
    """What is kept: places by the order of unique_ids, and edges between these."""

    x: list[int]
    y: list[int]
    edges: list[int]
    width: int
    height: int


def graph_of(db: Database, reading: Reading, wanted: Wanted) -> Packed:
    """The graph of a project. No transaction is open while nodes are being placed."""
    with db.reading() as session:
        snapshot_id = reading.snapshot.id if reading.snapshot else _current(session, reading)
        rows = session.execute(_query(reading, wanted)).all()
    drawn = _drawn(db, reading, snapshot_id, [row.id for row in rows])
    body = msgspec.json.encode({"snapshot": snapshot_id, **_table(rows, drawn)})
    return Packed(f'"{content_hash(body).hex}"', gzip.compress(body, LEVEL, mtime=0))


def _current(session: Session, reading: Reading) -> int | None:
    state = CatalogState
    query = sa.select(state.snapshot_id).where(state.environment_id == reading.environment_id)
    return session.scalar(query)


def _drawn(db: Database, reading: Reading, snapshot_id: int | None, ids: Sequence[str]) -> _Drawn:
    """Where the nodes stand: as it is kept, or worked out and kept."""
    key = content_hash(msgspec.json.encode(ids))
    with db.reading() as session:
        kept = session.get(LineageLayout, (reading.environment_id, snapshot_id or 0, key))
        if kept is not None:
            return msgspec.json.decode(gzip.decompress(kept.body), type=_Drawn)
        edges = all_edges(session, reading)
    drawn = _draw(ids, edges)
    if snapshot_id is not None:
        with db.session() as session:
            _keep(session, reading.environment_id, snapshot_id, key, drawn)
    return drawn


def _draw(ids: Sequence[str], edges: Iterable[tuple[str, str]]) -> _Drawn:
    place = {unique_id: number for number, unique_id in enumerate(ids)}
    pairs = sorted((place[one], place[other]) for one, other in edges if one in place and other in place)
    found = draw(len(ids), pairs)
    return _Drawn(found.x, found.y, [end for pair in pairs for end in pair], found.width, found.height)


def _keep(session: Session, environment_id: int, snapshot_id: int, key: UUID, drawn: _Drawn) -> None:
    """Keep a layout, and of all only the newest."""
    table = LineageLayout
    body = gzip.compress(msgspec.json.encode(drawn), LEVEL)
    values = {"environment_id": environment_id, "snapshot_id": snapshot_id, "key": key, "body": body}
    session.execute(insert(table).values(values).on_conflict_do_nothing())
    newest = (
        sa.select(table.snapshot_id, table.key)
        .where(table.environment_id == environment_id)
        .order_by(table.at.desc(), table.snapshot_id.desc())
        .limit(KEPT)
    )
    old = sa.tuple_(table.snapshot_id, table.key).not_in(newest)
    session.execute(sa.delete(table).where(table.environment_id == environment_id, old))


def _query(reading: Reading, wanted: Wanted) -> Any:
    node, result, fresh = reading.nodes, reading.results, reading.freshness
    tests: Any = tallies(reading, None).c if reading.is_past else NodeHealth.__table__.c
    of_node = tests.about if reading.is_past else tests.unique_id
    here = sa.true() if reading.is_past else tests.environment_id == node.environment_id
    version = NodeLineageVersion
    known = sa.and_(
        version.environment_id == node.environment_id,
        version.unique_id == node.unique_id,
        holds(version, reading),
    )
    return (
        sa.select(
            sa.type_coerce(node.unique_id, sa.Text).label("id"),
            node.name,
            node.resource_type.label("type"),
            node.schema_name.label("schema"),
            sa.func.regexp_replace(node.path, "/?[^/]*$", "").label("folder"),
            node.package_name.label("package"),
            node.materialization,
            result.status,
            fresh.status.label("freshness"),
            _worst(tests).label("tests"),
            sa.func.coalesce(version.status, NOT_TRACED).label("lineage"),
        )
        .select_from(node)
        .outerjoin(result, _same(result, node))
        .outerjoin(fresh, _same(fresh, node))
        .outerjoin(of_node.table, sa.and_(of_node == node.unique_id, here))
        .outerjoin(version, known)
        .where(node.environment_id == reading.environment_id, *_conditions(node, wanted))
        .order_by(node.unique_id)
    )


def _worst(tests: Any) -> Any:
    """How the tests of a node stand, in a word; nothing of one without tests."""
    return sa.case(
        (sa.func.coalesce(tests.tests, 0) == 0, None),
        (tests.failed > 0, "failed"),
        (tests.warned > 0, "warned"),
        (tests.passed < tests.tests, "unknown"),
        else_="passed",
    )


def _same(other: Any, node: Any) -> sa.ColumnElement[bool]:
    return sa.and_(other.environment_id == node.environment_id, other.unique_id == node.unique_id)


def _conditions(node: Any, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found = [node.resource_type.in_(wanted.resource_types or DRAWN)]
    found += [
        column.in_(values)
        for column, values in ((node.package_name, wanted.packages), (node.schema_name, wanted.schemas))
        if values
    ]
    if wanted.tags:
        found.append(node.tags.overlap(list(wanted.tags)))
    if wanted.folders:
        below = (node.path.startswith(f"{one.rstrip('/')}/", autoescape=True) for one in wanted.folders)
        found.append(sa.or_(*below))
    return found


WORDS: Final = (
    "type",
    "schema",
    "folder",
    "package",
    "materialization",
    "status",
    "freshness",
    "tests",
    "lineage",
)


def _table(rows: Sequence[Any], drawn: _Drawn) -> dict[str, Any]:
    words: dict[str, list[str]] = {}
    places: dict[str, list[int]] = {}
    for name in WORDS:
        values = [getattr(row, name) for row in rows]
        words[name] = sorted({value for value in values if value})
        place = {word: number for number, word in enumerate(words[name])}
        places[name] = [place.get(value, NONE) for value in values]
    named = {"id": [row.id for row in rows], "name": [row.name for row in rows]}
    return {
        "nodes": {**named, **places, "x": drawn.x, "y": drawn.y},
        "words": words,
        "edges": drawn.edges,
        "width": drawn.width,
        "height": drawn.height,
    }
