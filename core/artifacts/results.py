"""run_results.json and sources.json, parsed into typed values (schemas.getdbt.com, every version so far)."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from core.artifacts.errors import MalformedArtifact
from core.artifacts.raw_json import RawFile
from core.artifacts.reading import MEND
from core.artifacts.times import parse_time, time_or_none
from core.catalog.values import Freshness
from core.runs.values import NodeOutcome

T = TypeVar("T")


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
    return RunResults(
        outcomes=_each(file, _outcome),
        command=_text(which),
        invocation_id=_text(file.metadata.get("invocation_id")),
        generated_at=time_or_none(file.metadata.get("generated_at")),
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
        failures_relation=_failures_relation(item),
    )


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
