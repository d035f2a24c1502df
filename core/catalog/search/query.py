"""Finding nodes by words, best matches first.

Ranks: the exact name, a name that begins so, a word in the name, a column, descriptions and tags, code. Of
several words all must be found, somewhere; the weakest of them decides the rank.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TSQUERY

from core.catalog.models import Node, NodeSearch
from core.catalog.reading import Reading
from core.catalog.search.box import Word
from core.catalog.search.documents import mark, name_mark
from core.catalog.selectors.patterns import code, like
from core.catalog.snapshots.models import CodeText, NodeContent, WarehouseTable

Condition = sa.ColumnElement[bool]

# So many are looked for at most: nobody reads on, and to count them all would take longer than to type on.
LIMIT: Final = 1000
# Texts are read for phrases.
PHRASE_LIMIT: Final = 200


class Rank(IntEnum):
    """How good a match is; the lower, the better."""

    EXACT = 0
    PREFIX = 1
    WORD = 2
    COLUMN = 3
    TEXT = 4
    CODE = 5

    @property
    def label(self) -> str:
        """As the API says it."""
        return self.name.lower()


# Among equals, what people look for most comes first.
_FIRST: Final = ("model", "source", "seed", "snapshot", "exposure", "metric", "semantic_model", "saved_query")
# They would crowd out what they are about.
OTHERS: Final = ("test", "unit_test", "macro", "doc", "operation", "sql_operation")
_VECTORS: Final = (
    (Rank.WORD, "names"),
    (Rank.COLUMN, "columns"),
    (Rank.TEXT, "texts"),
    (Rank.CODE, "code"),
)


@dataclass(frozen=True)
class Hits:
    """The nodes that match, and how well: something to join `reading.nodes` with.

    No more than `LIMIT` of a rank are looked for; where there are more, worse ones are not looked for at all.
    """

    table: sa.CTE
    on: Condition
    nodes: type[Node]

    @property
    def rank(self) -> sa.ColumnElement[int]:
        """How good the match is: a `Rank`."""
        return self.table.c.rank

    def joined_to(self, query: Any) -> Any:
        """The nodes of a query that match, with `rank` and, in each row, their `total`."""
        total = sa.select(sa.func.count()).select_from(self.table).scalar_subquery()
        return query.join(self.table, self.on).add_columns(self.rank.label("rank"), total.label("total"))

    def order(self) -> list[sa.ColumnElement[Any]]:
        """Best first; ties are broken, so that pages fit together."""
        return [self.rank, weight(self.nodes), sa.func.lower(self.nodes.name), _unique_id(self.nodes)]


@dataclass(frozen=True)
class Shape:
    """What of a word shows in a statement; the word itself is a parameter of it."""

    is_phrase: bool
    is_short: bool


def shape_of(words: Sequence[Word]) -> tuple[Shape, ...]:
    """The shape of each word: of words with the same shapes the statement is the same."""
    return tuple(Shape(word.is_phrase, word.is_short) for word in words)


def hits(
    reading: Reading,
    words: Sequence[Word],
    base: sa.Select[Any],
    kinds: Sequence[str] = (),
    most: int = LIMIT,
) -> Hits:
    """Nodes of a query on `reading.nodes`, with all its filters, that match all of these words.

    `kinds` repeats which resource types the query is about, if it says: they are then found by the index
    itself. Of each rank `most` nodes are looked for. The statement needs `values_of` the same words.
    """
    if reading.is_past:
        return _hits_then(reading, words, base)
    return _hits_now(reading, words, base, kinds, _most(words, most))


def values_of(reading: Reading, words: Sequence[Word], kinds: Sequence[str] = ()) -> dict[str, str]:
    """The parameters of a statement that looks for these words."""
    if not words or reading.is_past:
        return {}
    marks = _Marks.of(reading.environment_id, kinds)
    name = _quoted(name_mark("_".join(word.text for word in words)))
    values = {"exact": f"{marks.every} & {name}", "prefix": f"{marks.main} & {name}:*"}
    for at, word in enumerate(words):
        values |= {f"{of}_{at}": f"{marks.main} & ({_word_query(word, of)})" for _, of in _VECTORS}
        values[f"others_{at}"] = f"{marks.others} & ({_word_query(word, 'names')})"
        values[f"phrase_{at}"] = _side_by_side(word)
    return values


def known_total(reading: Reading, count: int, words: Sequence[Word], most: int = LIMIT) -> int | None:
    """How many nodes match; None where there are more than were looked for. In the past all are."""
    return count if reading.is_past or count < _most(words, most) else None


def _most(words: Sequence[Word], most: int) -> int:
    return PHRASE_LIMIT if any(word.is_phrase for word in words) else most


def weight(nodes: type[Node]) -> sa.ColumnElement[int]:
    """Where a resource type stands among equals."""
    kind = nodes.resource_type
    return sa.case((kind == "model", 0), (kind.in_(_FIRST), 1), (kind.in_(OTHERS), 3), else_=2)


def _unique_id(nodes: Any) -> sa.ColumnElement[Any]:
    return nodes.unique_id


def _hits_now(
    reading: Reading, words: Sequence[Word], base: sa.Select[Any], kinds: Sequence[str], limit: int
) -> Hits:
    nodes = reading.nodes
    found = base.with_only_columns(nodes.id.label("key"), maintain_column_froms=True).where(
        NodeSearch.node_id == nodes.id
    )
    search = _Search(reading, words)
    stages, open_still = _stages(found, search.ranks(), limit)
    if not kinds:
        by_name = open_still[: Rank.WORD + 1]
        others = found.where(search.others(), *by_name).add_columns(_rank(Rank.WORD)).limit(limit)
        stages.append(others.cte("found_others"))
    return _put_together(stages, nodes.id, nodes)


def _stages(
    found: sa.Select[Any], ranks: Sequence[tuple[Rank, Condition]], limit: int
) -> tuple[list[Any], list[Condition]]:
    """A query for each rank; it is not run where those before found enough, as the conditions say."""
    # Written out, so that PostgreSQL knows while it plans how little that is.
    most = sa.literal_column(str(limit), sa.Integer)
    stages: list[Any] = []
    open_still: list[Condition] = []
    for rank, condition in ranks:
        query = found.add_columns(_rank(rank)).where(condition, *open_still)
        stages.append(query.limit(most).cte(f"found_{rank.label}"))
        open_still.append(sa.select(sa.func.count() < most).select_from(stages[-1]).scalar_subquery())
    return stages, open_still


def _rank(rank: Rank) -> sa.ColumnElement[int]:
    return sa.literal_column(str(int(rank)), sa.Integer).label("rank")


def _put_together(stages: Sequence[Any], key: Any, nodes: type[Node]) -> Hits:
    every = sa.union_all(*(sa.select(stage.c.key, stage.c.rank) for stage in stages)).subquery()
    best = sa.select(every.c.key, sa.func.min(every.c.rank).label("rank")).group_by(every.c.key)
    table = best.cte("hits")
    return Hits(table, table.c.key == key, nodes)


@dataclass(frozen=True)
class _Marks:
    """Which nodes a part of a search is about, in the search vectors themselves.

    `every`: all that are asked for; `main`: those that are looked for in all texts; `others`: those of
    which only the names count.
    """

    every: str
    main: str
    others: str

    @classmethod
    def of(cls, environment_id: int, kinds: Sequence[str]) -> "_Marks":
        own = " | ".join(_quoted(mark(environment_id, kind)) for kind in kinds or OTHERS)
        if kinds:
            return cls(f"({own})", f"({own})", f"({own})")
        everywhere = _quoted(mark(environment_id))
        return cls(everywhere, f"{everywhere} & !({own})", f"({own})")


class _Search:
    """Words in the search vectors of an environment; the words themselves are parameters.

    PostgreSQL must not see them while it plans: by what it knows of them it would read the whole table, with
    all code, where its indexes answer in a fraction of the time.
    """

    def __init__(self, reading: Reading, words: Sequence[Word]) -> None:
        self._reading = reading
        self._words = words

    def ranks(self) -> list[tuple[Rank, Condition]]:
        """The condition of each rank, as far as a better one does not say it already."""
        found = [
            (Rank.EXACT, self._matches("names", "exact")),
            (Rank.PREFIX, self._matches("names", "prefix")),
        ]
        vectors = _VECTORS[:1] if any(word.is_short for word in self._words) else _VECTORS
        # A single word that a better vector holds was found by then.
        first = len(vectors) if len(self._words) == 1 else 0
        return found + [
            (rank, self._each([of for _, of in vectors[min(first, at) : at + 1]]))
            for at, (rank, _) in enumerate(vectors)
        ]

    def others(self) -> Condition:
        """Of tests, macros and the like only the names count where all kinds are asked for."""
        every = range(len(self._words))
        return sa.and_(*(self._in(at, "names", f"others_{at}") for at in every))

    def _each(self, vectors: Sequence[str]) -> Condition:
        """All words, each in any of these vectors."""
        every = range(len(self._words))
        return sa.and_(*(sa.or_(*(self._in(at, of, f"{of}_{at}") for of in vectors)) for at in every))

    def _in(self, at: int, vector: str, value: str) -> Condition:
        found = self._matches(vector, value)
        return sa.and_(found, self._says(at, vector)) if self._words[at].is_phrase else found

    def _matches(self, vector: str, value: str) -> Condition:
        query: Any = sa.cast(sa.bindparam(value, type_=sa.Text), TSQUERY)
        return getattr(NodeSearch, vector).op("@@")(sa.select(query).scalar_subquery())

    def _says(self, at: int, vector: str) -> Condition:
        """Vectors do not know what stands side by side; the texts do."""
        reading, nodes = self._reading, self._reading.nodes
        pattern = sa.bindparam(f"phrase_{at}", type_=sa.Text)

        def says(text: Any) -> Condition:
            return sa.cast(text, sa.Text).op("~*")(pattern)

        if vector == "code":
            code = sa.and_(CodeText.workspace_id == reading.workspace_id, CodeText.hash == nodes.raw_hash)
            return sa.select(CodeText.hash).where(code, says(CodeText.text)).exists()
        content = sa.and_(
            NodeContent.workspace_id == reading.workspace_id, NodeContent.hash == nodes.content_hash
        )
        columns = sa.select(NodeContent.hash).where(content, says(NodeContent.columns)).exists()
        return {
            "names": says(nodes.name),
            "columns": sa.false(),
            "texts": sa.or_(says(nodes.description), says(nodes.tags), columns),
        }[vector]


def _side_by_side(phrase: Word) -> str:
    words = ("".join(map(code, word)) for word in phrase.text.split())
    return r"\s+".join(words)


def _word_query(word: Word, vector: str) -> str:
    """A word as a query of PostgreSQL. Nothing typed is syntax in it.

    In a name each part may stand where it likes; elsewhere the parts of an identifier must stand together.
    """
    end = ":*" if word.is_open or not word.is_short else ""
    *before, last = map(_quoted, word.parts if vector == "names" or word.is_phrase else word.identifiers)
    parts = " & ".join([*before, last + end])
    is_whole = vector != "names" or word.parts == (word.text,)
    return parts if is_whole else f"{_quoted(word.text)}{end} | ({parts})"


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def _hits_then(reading: Reading, words: Sequence[Word], base: sa.Select[Any]) -> Hits:
    """The past has no search vectors: its texts are read, which takes longer."""
    nodes = reading.nodes
    found = [_WordThen(reading, word) for word in words]
    rank = sa.func.greatest(*(one.rank for one in found))
    query = base.with_only_columns(
        nodes.unique_id.label("key"), rank.label("rank"), maintain_column_froms=True
    ).where(*(one.condition for one in found))
    table = query.cte("hits")
    return Hits(table, table.c.key == nodes.unique_id, nodes)


class _WordThen:
    """One word in the nodes as of a snapshot; their code is not looked at."""

    def __init__(self, reading: Reading, word: Word) -> None:
        nodes = reading.nodes
        self._patterns = [f"%{like(part)}%" for part in (word.text.split() if word.is_phrase else word.parts)]
        name, tags = sa.func.lower(nodes.name), sa.func.array_to_string(nodes.tags, " ")
        exact = sa.or_(name == word.text, sa.func.lower(nodes.unique_id) == word.text)
        names, columns = self._in(nodes.name), self._columns(reading, "name")
        of_columns = self._columns(reading, "description")
        said = sa.or_(self._in(nodes.description), self._in(tags), of_columns)
        self.condition: Condition = sa.or_(names, exact, *(() if word.is_short else (said, columns)))
        self.rank: sa.ColumnElement[int] = sa.case(
            (exact, int(Rank.EXACT)),
            (name.startswith(word.text, autoescape=True), int(Rank.PREFIX)),
            (names, int(Rank.WORD)),
            (columns, int(Rank.COLUMN)),
            else_=int(Rank.TEXT),
        )

    def _in(self, column: Any) -> Condition:
        return sa.and_(*(column.ilike(pattern) for pattern in self._patterns))

    def _columns(self, reading: Reading, key: str) -> Condition:
        """Whether a column has it: one that the project declares or, of names, one of the warehouse."""
        nodes = reading.nodes
        declared = self._any_column(reading, NodeContent, NodeContent.columns, nodes.content_hash, key)
        if key != "name":
            return declared
        reported = WarehouseTable.body["columns"]
        return sa.or_(declared, self._any_column(reading, WarehouseTable, reported, nodes.table_hash, key))

    def _any_column(self, reading: Reading, table: Any, columns: Any, of_node: Any, key: str) -> Condition:
        column = sa.func.jsonb_array_elements(columns).column_valued("column")
        value = sa.cast(column, JSONB)[key].astext
        here = sa.and_(table.workspace_id == reading.workspace_id, table.hash == of_node)
        return sa.select(table.hash).where(here, self._in(value)).correlate(reading.nodes).exists()
