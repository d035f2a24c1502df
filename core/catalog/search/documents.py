"""What a node is found by, as PostgreSQL's text-search vectors.

They are written out as literals here: PostgreSQL only has to read them, which costs it a fraction of
`to_tsvector`, and words are cut as identifiers need it. Places of words are not kept.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any, Final

from core.catalog.search import tokens

# A vector may take a megabyte; generated code of that size is found by the words that come first.
MAX_LEXEMES: Final = 5000
MAX_CODE: Final = 1_000_000

_WITHOUT_TABLE: Final = frozenset({"test", "unit_test", "macro", "doc", "group"})
Document = tuple[str, str, str, str]


def mark(environment_id: int, kind: str | None = None) -> str:
    """The lexeme that the vectors of an environment hold, or those of one kind of nodes in it.

    So one look at an index finds nothing but these.
    """
    return f"~{environment_id}" if kind is None else f"~{environment_id}/{kind}"


def name_mark(name: str) -> str:
    """The lexeme of a whole name: what begins with it are names that begin so."""
    return f"={tokens.whole(name)}"


def document(
    unique_id: str,
    facts: Mapping[str, Any],
    columns: Iterable[str],
    code: str | None,
    environment_id: int,
    column_descriptions: Iterable[str] = (),
) -> Document:
    """The vectors of a node: its names, its columns, its descriptions and tags, its code."""
    marks = f"'{mark(environment_id)}' {_quoted(mark(environment_id, facts['resource_type']))}"
    return (
        _vector(marks, _names(unique_id, facts)),
        _vector(marks, tokens.of_columns(columns)),
        _vector(marks, _texts(facts, column_descriptions)),
        _vector(marks, tokens.of_code(code[:MAX_CODE]) if code else ()),
    )


def _names(unique_id: str, facts: Mapping[str, Any]) -> AbstractSet[str]:
    """Its name in parts; what else it is called only as a whole, or `model` would find all models."""
    name = facts["name"]
    found = {*tokens.of_name(name), name_mark(name), name_mark(unique_id)}
    if facts["resource_type"] in _WITHOUT_TABLE:
        return found
    schema, database = facts["schema_name"], facts["database_name"]
    table = facts.get("alias") or facts.get("source_table") or name
    found.add(tokens.whole(f"{facts['package_name']}.{name}"))
    if table != name:
        found |= tokens.of_name(table)
        found.add(name_mark(table))
    if schema:
        found.add(tokens.whole(f"{schema}.{table}"))
        found.add(tokens.whole(f"{database}.{schema}.{table}"))
    return found


def _texts(facts: Mapping[str, Any], column_descriptions: Iterable[str]) -> set[str]:
    prose = "\n".join(text for text in (facts["description"], *column_descriptions) if text)
    return tokens.of_text(prose) | tokens.of_tags(facts["tags"])


def _vector(marks: str, lexemes: AbstractSet[str] | tuple[()]) -> str:
    if not lexemes:
        return marks
    if len(lexemes) > MAX_LEXEMES:
        lexemes = set(islice(sorted(lexemes), MAX_LEXEMES))
    said = "' '".join(lexemes)
    if "\\" in said or said.count("'") > 2 * len(lexemes) - 2:
        said = " ".join(map(_quoted, lexemes))[1:-1]
    return f"{marks} '{said}'"


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
