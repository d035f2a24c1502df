"""Names of columns as the nodes they belong to spell them, wherever edges name them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from core.lineage.columns.values import InfluenceSource, OutputColumn, QueryLineage, ValueSource

# By node, and there by the name in small letters.
Spellings = Mapping[str, Mapping[str, str]]
_SourceT = TypeVar("_SourceT", ValueSource, InfluenceSource)
_NONE: Final[Mapping[str, str]] = {}


def respelled(lineage: QueryLineage, node: str, spellings: Spellings) -> QueryLineage:
    """The lineage with all names as spelled; the very same where nothing differs."""
    own = spellings.get(node, _NONE)
    columns = [_column(column, own, spellings) for column in lineage.columns]
    influences = [_source(source, spellings) for source in lineage.influences]
    same = _same(columns, lineage.columns) and _same(influences, lineage.influences)
    return lineage if same else replace(lineage, columns=columns, influences=influences)


def _same(left: Sequence[object], right: Sequence[object]) -> bool:
    return all(one is other for one, other in zip(left, right, strict=True))


def _column(column: OutputColumn, own: Mapping[str, str], spellings: Spellings) -> OutputColumn:
    name = own.get(column.name.lower(), column.name)
    sources = [_source(source, spellings) for source in column.sources]
    influences = [_source(source, spellings) for source in column.influences]
    if name == column.name and _same(sources, column.sources) and _same(influences, column.influences):
        return column
    return replace(column, name=name, sources=sources, influences=influences)


def _source(source: _SourceT, spellings: Spellings) -> _SourceT:
    name = spellings.get(source.node, _NONE).get(source.column.lower(), source.column)
    return source if name == source.column else replace(source, column=name)
