"""Schema files in the shapes that people write: tables below databases and schemas, or in lists."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from core.lineage.columns.relations import name_parts
from core.lineage.columns.values import Relation

_TABLE_NAMES: Final = ("table", "table_name", "name", "identifier")
_COLUMN_NAMES: Final = ("name", "column_name", "column")
_ABOVE: Final = (("database", "table_catalog", "catalog"), ("schema", "table_schema", "dataset"))
_TYPES: Final = ("type", "data_type")
_LISTS: Final = frozenset({"tables", "models", "sources", "relations"})


class NotASchema(Exception):
    """What the file holds is no schema; the text says what is wrong."""


def relations_of(schema: Any) -> list[Relation]:
    """The tables of a schema file, each with its columns; `table: null` has columns that are not known.

    Raises:
        NotASchema: it describes no tables.
    """
    if isinstance(schema, list):
        return list(_listed(schema))  # pyright: ignore[reportUnknownArgumentType]
    if not isinstance(schema, dict):
        raise NotASchema("an object of tables is expected, each with its columns.")
    return list(_below(schema, ()))  # pyright: ignore[reportUnknownArgumentType]


def _below(tables: Mapping[Any, Any], prefix: tuple[str, ...]) -> Iterator[Relation]:
    for key, value in tables.items():
        if str(key) in _LISTS and isinstance(value, list) and all(isinstance(item, dict) for item in value):  # pyright: ignore[reportUnknownVariableType]
            yield from _listed(value, prefix)  # pyright: ignore[reportUnknownArgumentType]
            continue
        name = (*prefix, *name_parts(str(key)))
        columns = _columns(value)
        if value is None:
            yield Relation(".".join(name), name)
        elif columns is not None:
            yield Relation(".".join(name), name, tuple(columns), complete=True)
        elif isinstance(value, dict):
            yield from _below(value, name)  # pyright: ignore[reportUnknownArgumentType]
        else:
            raise NotASchema(f"{'.'.join(name)} has no columns, but {value!r}.")


def _columns(value: Any) -> list[str] | None:
    """Names of columns; None for what holds tables, or nothing of the kind."""
    if isinstance(value, list):
        items: Sequence[Any] = value  # pyright: ignore[reportUnknownVariableType]
        names = [_name(item, _COLUMN_NAMES) if isinstance(item, dict) else str(item) for item in items]  # pyright: ignore[reportUnknownArgumentType]
        return None if any(name is None for name in names) else [str(name) for name in names]
    if not isinstance(value, dict):
        return None
    held: Mapping[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
    if isinstance(held.get("columns"), list | dict):
        return _columns(held["columns"])
    if all(not isinstance(item, dict | list) for item in held.values()) or all(
        map(_described, held.values())
    ):
        return [str(key) for key in held]
    return None


def _described(value: Any) -> bool:
    """Whether it is a column with its type and remarks."""
    return (
        isinstance(value, dict)
        and any(isinstance(value.get(key), str) for key in _TYPES)  # pyright: ignore[reportUnknownArgumentType,reportUnknownMemberType]
        and not any(isinstance(item, dict | list) for item in value.values())  # pyright: ignore[reportUnknownVariableType]
    )


def _name(item: Mapping[Any, Any], keys: Sequence[str]) -> str | None:
    return next((str(item[key]) for key in keys if item.get(key) is not None), None)


def _listed(items: Sequence[Any], prefix: tuple[str, ...] = ()) -> Iterator[Relation]:
    """Tables as a list, or rows as of an information schema: one for each column."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for item in items:
        name = _name(item, _TABLE_NAMES) if isinstance(item, dict) else None  # pyright: ignore[reportUnknownArgumentType]
        if name is None:
            raise NotASchema("in a list each table is expected to be an object with `name` and `columns`.")
        above = [found for keys in _ABOVE if (found := _name(item, keys)) is not None]
        full = (*prefix, *above, *name_parts(name))
        columns = _columns(item.get("columns"))
        if columns is None and item.get("column_name") is not None:
            rows.setdefault(full, []).append(str(item["column_name"]))
        else:
            yield Relation(".".join(full), full, tuple(columns or ()), complete=columns is not None)
    for full, columns in rows.items():
        yield Relation(".".join(full), full, tuple(columns), complete=True)
