"""Which part of a node matched, for the rows of one page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.columns import Column, merge
from core.catalog.models import Node
from core.catalog.reading import Reading
from core.catalog.search.box import Word
from core.catalog.search.highlight import MAX_TEXT, Span, excerpt, spans
from core.catalog.snapshots.models import CodeText, NodeContent, WarehouseTable


@dataclass(frozen=True)
class Match:
    """Where a search found a node. `field`: `name`, `unique_id`, `column`, `description`, `tag` or `code`.

    `ranges` are places in `text`, counted as JavaScript counts. `column` is the one whose name or description
    it is.
    """

    field: str
    text: str
    ranges: list[list[int]]
    column: str | None = None


@dataclass(frozen=True)
class _Field:
    """A text of a node that a search may have found it by."""

    name: str
    text: str
    column: str | None = None


def matches_of(
    session: Session, reading: Reading, nodes: Sequence[Node], words: Sequence[Word]
) -> dict[str, Match]:
    """By unique_id where the words are: one query, and none where all are in the rows themselves."""
    if not words:
        return {}
    found = {node.unique_id: _best(list(_own(node)), words) for node in nodes}
    rest = [node for node in nodes if not _is_complete(found[node.unique_id], words)]
    for node, more in _more(session, reading, rest).items():
        found[node.unique_id] = _best([*_own(node), *more], words)
    return {key: match for key, (match, _) in found.items() if match}


_Found = tuple[Match | None, int]


def _is_complete(found: _Found, words: Sequence[Word]) -> bool:
    return found[1] == len(words)


def _own(node: Node) -> Iterator[_Field]:
    yield _Field("name", node.name)
    yield _Field("unique_id", node.unique_id)
    yield _Field("description", node.description)
    yield from (_Field("tag", tag) for tag in node.tags)


_BEST_FIRST = ("name", "unique_id", "column", "description", "tag", "code")


def _best(fields: Iterable[_Field], words: Sequence[Word]) -> _Found:
    """What shows most: all words at once if there is such a text, else the place of the one hardest to find.

    Also how many of the words are anywhere.
    """
    ordered = sorted(fields, key=lambda field: _BEST_FIRST.index(field.name))
    places = {word: next(((f, at) for f in ordered if (at := spans(f.text, word))), None) for word in words}
    known = [place for place in places.values() if place]
    if not known:
        return None, 0
    field = max((field for field, _ in known), key=ordered.index)
    every = [span for word in words for span in spans(field.text, word)]
    return _match(field, every), len(known)


def _match(field: _Field, found: Sequence[Span]) -> Match:
    shown = excerpt(field.text, found)
    return Match(field.name, shown.text, shown.ranges, field.column)


def _more(session: Session, reading: Reading, nodes: Sequence[Node]) -> dict[Node, list[_Field]]:
    """Columns and code of nodes, from where they are kept."""
    if not nodes:
        return {}
    texts = _texts(session, reading, nodes)
    return {node: list(_kept(node, texts)) for node in nodes}


_Kept = Mapping[tuple[str, UUID | None], Any]


def _texts(session: Session, reading: Reading, nodes: Sequence[Node]) -> _Kept:
    def of(kind: str, table: Any, value: Any, hashes: Iterable[UUID | None]) -> Any:
        wanted = sorted({key for key in hashes if key is not None})
        here = table.workspace_id == reading.workspace_id
        query: Any = sa.select(sa.literal(kind), table.hash, sa.cast(value, sa.JSON))
        return query.where(here, table.hash == sa.func.any(wanted))

    code = sa.func.to_json(sa.func.left(CodeText.text, MAX_TEXT))
    query: Any = sa.union_all(
        of("columns", NodeContent, NodeContent.columns, (node.content_hash for node in nodes)),
        of("table", WarehouseTable, WarehouseTable.body, (node.table_hash for node in nodes)),
        of("code", CodeText, code, (node.raw_hash for node in nodes)),
    )
    rows: Any = session.execute(query)
    return {(kind, key): value for kind, key, value in rows}


def _kept(node: Node, texts: _Kept) -> Iterator[_Field]:
    columns: list[Column] = merge(
        texts.get(("columns", node.content_hash)) or [], texts.get(("table", node.table_hash))
    )
    yield from (_Field("column", column.name, column.name) for column in columns)
    yield from (_Field("description", column.description, column.name) for column in columns)
    yield _Field("code", texts.get(("code", node.raw_hash)) or "")
