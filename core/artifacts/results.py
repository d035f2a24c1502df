"""run_results.json, sources.json and catalog.json, parsed into typed values."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from core.artifacts.errors import MalformedArtifact
from core.catalog.values import CatalogColumn, Freshness
from core.runs.values import NodeOutcome

T = TypeVar("T")


def parse_run_results(raw: Mapping[str, Any]) -> list[NodeOutcome]:
    """Every result.

    Raises:
        MalformedArtifact: the file does not have the shape of run_results.json.
    """
    return _each("run_results.json", raw.get("results"), _outcome)


def parse_sources(raw: Mapping[str, Any]) -> list[Freshness]:
    """Every freshness result.

    Raises:
        MalformedArtifact: the file does not have the shape of sources.json.
    """
    return _each("sources.json", raw.get("results"), _freshness)


def parse_catalog(raw: Mapping[str, Any]) -> dict[str, list[CatalogColumn]]:
    """Columns by unique_id.

    Raises:
        MalformedArtifact: the file does not have the shape of catalog.json.
    """
    try:
        tables = {**(raw.get("nodes") or {}), **(raw.get("sources") or {})}
        return {unique_id: _catalog_columns(table) for unique_id, table in tables.items()}
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise MalformedArtifact(f"catalog.json has a table of an unexpected shape ({error}).") from error


def parse_time(value: Any) -> datetime | None:
    """A time of an artifact; one without an offset is UTC, as dbt writes it."""
    if not isinstance(value, str) or not value:
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _each(name: str, results: Any, parse: Callable[[Mapping[str, Any]], T]) -> list[T]:
    if not isinstance(results, list):
        raise MalformedArtifact(f"{name} has no list of results.")
    try:
        return [parse(item) for item in results]  # pyright: ignore[reportUnknownVariableType]
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise MalformedArtifact(f"{name} has a result of an unexpected shape ({error}).") from error


def _outcome(item: Mapping[str, Any]) -> NodeOutcome:
    timing: list[Mapping[str, Any]] = item.get("timing") or []
    starts = [moment for moment in (parse_time(phase.get("started_at")) for phase in timing) if moment]
    ends = [moment for moment in (parse_time(phase.get("completed_at")) for phase in timing) if moment]
    response: Mapping[str, Any] = item.get("adapter_response") or {}
    return NodeOutcome(
        unique_id=str(item["unique_id"]),
        status=str(item["status"]),
        started_at=min(starts, default=None),
        finished_at=max(ends, default=None),
        execution_time=_number(item.get("execution_time")),
        message=_text(item.get("message")),
        failures=_whole(item.get("failures")),
        rows_affected=rows_affected(response),
        thread=_text(item.get("thread_id")),
        adapter_response=dict(response),
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def rows_affected(response: Mapping[str, Any]) -> int | None:
    """How many rows the adapter reports; None when it does not (-1 means unknown in the Python DB API)."""
    rows = response.get("rows_affected")
    return int(rows) if isinstance(rows, int | float) and rows >= 0 else None


def _freshness(item: Mapping[str, Any]) -> Freshness:
    return Freshness(
        unique_id=str(item["unique_id"]),
        status=str(item["status"]),
        max_loaded_at=parse_time(item.get("max_loaded_at")),
        snapshotted_at=parse_time(item.get("snapshotted_at")),
        age_seconds=_number(item.get("max_loaded_at_time_ago_in_s")),
        message=_text(item.get("error")),
        execution_time=_number(item.get("execution_time")),
    )


def _catalog_columns(table: Mapping[str, Any]) -> list[CatalogColumn]:
    columns = (table.get("columns") or {}).values()
    return [
        CatalogColumn(str(column["name"]), int(column.get("index") or position), _text(column.get("type")))
        for position, column in enumerate(columns)
    ]
