"""The columns that dbt adds to a snapshot."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.lineage.columns.nodes import ProjectNode
from core.lineage.columns.values import OutputColumn, Status, Transform, ValueSource

_ADDED: Final = ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to")


def added_columns(node: ProjectNode, columns: Sequence[OutputColumn]) -> list[OutputColumn]:
    """What dbt adds, and what it makes it from: the key and, with the timestamp strategy, `updated_at`."""
    if node.kind != "snapshot":
        return []
    config = node.config
    names = _names(config)
    keys = _sources(columns, _as_list(config.get("unique_key")))
    moments = _sources(columns, _as_list(config.get("updated_at")))
    present = {column.name.lower() for column in columns}
    made = [
        _made(names["dbt_scd_id"], [*keys, *moments]),
        *(_made(names[name], moments) for name in _ADDED[1:]),
    ]
    if config.get("hard_deletes") == "new_record":
        made.append(_made(names.get("dbt_is_deleted", "dbt_is_deleted"), []))
    return [column for column in made if column.name.lower() not in present]


def _names(config: Mapping[str, Any]) -> dict[str, str]:
    chosen: Any = config.get("snapshot_meta_column_names")
    names = {name: name for name in (*_ADDED, "dbt_is_deleted")}
    if isinstance(chosen, dict):
        names.update({str(key): str(value) for key, value in chosen.items() if value})  # pyright: ignore[reportUnknownArgumentType]
    return names


def _as_list(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]  # pyright: ignore[reportUnknownArgumentType]
    return [str(value)] if value else []


def _sources(columns: Sequence[OutputColumn], names: Sequence[str]) -> list[ValueSource]:
    wanted = {name.lower() for name in names}
    return [source for column in columns if column.name.lower() in wanted for source in column.sources]


def _made(name: str, sources: Sequence[ValueSource]) -> OutputColumn:
    made = {
        (source.node, source.column): ValueSource(
            source.node, source.column, Transform.TRANSFORMED, source.confidence, source.span
        )
        for source in sources
    }
    return OutputColumn(name, Status.COMPLETE if made else Status.NONE, "", list(made.values()))
