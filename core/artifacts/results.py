"""run_results.json and sources.json, parsed into typed values (schemas.getdbt.com, every version so far)."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from core.artifacts.errors import MalformedArtifact
from core.artifacts.manifest import hash_of_compiled
from core.artifacts.raw_json import RawFile
from core.artifacts.reading import MEND
from core.artifacts.times import parse_time, time_or_none
from core.catalog.values import Freshness
from core.kit.text import storable
from core.runs.values import NodeOutcome

T = TypeVar("T")
# PostgreSQL's bigint ends here.
MOST: Final = 2**63


@dataclass(frozen=True)
class RunResults:
    """Every result of a command, which command it was, and when it was written."""

    outcomes: Sequence[NodeOutcome]
    command: str | None
    invocation_id: str | None
    generated_at: datetime | None


def parse_run_results(file: RawFile) -> RunResults:
    """The results of a command.

    Raises:
        MalformedArtifact: the file does not have the shape of run_results.json.
    """
    arguments: Any = _section(file, "args")
    which: Any = arguments.get("which") if isinstance(arguments, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    generated_at = time_or_none(file.metadata.get("generated_at"))
    return RunResults(
        outcomes=_each(file, partial(_outcome, generated_at=generated_at)),
        command=_text(which),
        invocation_id=_text(file.metadata.get("invocation_id")),
        generated_at=generated_at,
    )


def parse_sources(file: RawFile) -> list[Freshness]:
    """Every freshness result.

    Raises:
        MalformedArtifact: the file does not have the shape of sources.json.
    """
    return _each(file, _freshness)


def _section(file: RawFile, name: str) -> Any:
    raw = file.sections.get(name)
    return None if raw is None else file.decode(raw, repr(name))


def _each(file: RawFile, parse: Callable[[Mapping[str, Any]], T]) -> list[T]:
    results = _section(file, "results")
    if not isinstance(results, list):
        raise MalformedArtifact(f"{file.name} has no list of results.", hint=MEND)
    try:
        return [parse(item) for item in results]  # pyright: ignore[reportUnknownVariableType]
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        reason = f"{file.name} has a result of an unexpected shape ({type(error).__name__}: {error})."
        raise MalformedArtifact(reason, hint=MEND) from error


def _outcome(item: Mapping[str, Any], *, generated_at: datetime | None) -> NodeOutcome:
    timing: list[Mapping[str, Any]] = item.get("timing") or []
    starts = [moment for moment in (parse_time(phase.get("started_at")) for phase in timing) if moment]
    ends = [moment for moment in (parse_time(phase.get("completed_at")) for phase in timing) if moment]
    response: Mapping[str, Any] = item.get("adapter_response") or {}
    compiled = storable(str(item.get("compiled_code") or "")) or None
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
        failures_relation=_failures_relation(item),
        compile_time=_seconds_of(timing, "compile"),
        execute_time=_seconds_of(timing, "execute"),
        bytes_processed=bytes_processed(response),
        compiled_code=compiled,
        code_hash=hash_of_compiled(compiled, generated_at),
    )


def _seconds_of(timing: Sequence[Mapping[str, Any]], phase: str) -> float | None:
    """How long a phase took; None when it did not happen, or not to its end."""
    of_phase = next((entry for entry in timing if entry.get("name") == phase), {})
    start, end = parse_time(of_phase.get("started_at")), parse_time(of_phase.get("completed_at"))
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())


def _failures_relation(item: Mapping[str, Any]) -> str | None:
    """Only tests whose failures are stored name a relation."""
    is_test = str(item["unique_id"]).startswith("test.")
    return _text(item.get("relation_name")) or None if is_test and item.get("failures") else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _number(value: Any) -> float | None:
    """A number; None for none, and for one that is not finite: nothing could be compared with it."""
    number = None if value is None else float(value)
    return number if number is not None and math.isfinite(number) else None


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def rows_affected(response: Mapping[str, Any]) -> int | None:
    """How many rows the adapter reports; None when it does not (-1 means unknown in the Python DB API)."""
    rows = _count(response.get("rows_affected"))
    if rows is not None:
        return rows
    parts = [_count(response.get(name)) for name in _ROWS]
    return None if all(part is None for part in parts) else sum(part or 0 for part in parts)


def bytes_processed(response: Mapping[str, Any]) -> int | None:
    """How many bytes the warehouse read, where the adapter says so."""
    return next(
        (count for name in _BYTES if (count := _count(response.get(name))) is not None),
        None,
    )


# What adapters call it: MERGE on Snowflake and Databricks tells the rows apart.
_ROWS: Final = ("rows_inserted", "rows_updated", "rows_deleted")
_BYTES: Final = ("bytes_processed", "data_scanned_in_bytes", "processed_bytes", "read_bytes", "bytes_billed")


def _count(value: Any) -> int | None:
    """A count as adapters write it; what is negative, too large to be one, or no number is unknown."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < MOST else None


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
