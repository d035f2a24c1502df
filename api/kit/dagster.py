"""The way to Dagster: GraphQL over HTTP to dagster-webserver. Implements `core.runs.ports.RunEngine`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import httpx

from core.kit import clock
from core.kit.errors import Conflict, Unavailable
from core.runs.ports import EngineRun, Launch, Queue, RunStatus
from core.runs.queue import limits_from

LOCATION: Final = "workbench"
REPOSITORY: Final = "__repository__"
NOBODY: Final = "00000000-0000-0000-0000-000000000000"
CHECK_SECONDS: Final = 5
MOST_QUEUED: Final = 5000
_ACTIVE: Final = ["NOT_STARTED", "STARTING", "STARTED", "CANCELING"]

STATUSES: Final = {
    "QUEUED": RunStatus.QUEUED,
    "NOT_STARTED": RunStatus.STARTING,
    "MANAGED": RunStatus.STARTING,
    "STARTING": RunStatus.STARTING,
    "STARTED": RunStatus.RUNNING,
    "SUCCESS": RunStatus.SUCCESS,
    "FAILURE": RunStatus.FAILED,
    "CANCELING": RunStatus.CANCELLING,
    "CANCELED": RunStatus.CANCELLED,
}

_RUN: Final = """
fragment RunFacts on Run {
  runId jobName status creationTime startTime endTime runConfig tags { key value } assetSelectionCount
}
"""
_LAUNCH: Final = (
    """
mutation Launch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { ...RunFacts } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on PythonError { message }
    ... on PipelineNotFoundError { message }
    ... on UnauthorizedError { message }
    ... on InvalidSubsetError { message }
    ... on RunConflict { message }
    ... on ConflictingExecutionParamsError { message }
    ... on PresetNotFoundError { message }
    ... on NoModeProvidedError { message }
  }
}
"""
    + _RUN
)
_GET: Final = "query Run($id: ID!) { runOrError(runId: $id) { __typename ...RunFacts } }" + _RUN
_LIST: Final = (
    """
query Runs($filter: RunsFilter!, $limit: Int!, $cursor: String) {
  runsOrError(filter: $filter, limit: $limit, cursor: $cursor) {
    __typename
    ... on Runs { results { ...RunFacts } }
    ... on PythonError { message }
    ... on InvalidPipelineRunsFilterError { message }
  }
}
"""
    + _RUN
)
_CANCEL: Final = """
mutation Cancel($id: String!) {
  terminateRun(runId: $id) {
    __typename
    ... on TerminateRunFailure { message }
    ... on RunNotFoundError { message }
    ... on UnauthorizedError { message }
    ... on PythonError { message }
  }
}
"""
_FAILURE: Final = """
query Failure($id: ID!, $cursor: String) {
  logsForRun(runId: $id, afterCursor: $cursor, limit: 1000) {
    ... on EventConnection {
      cursor hasMore
      events {
        __typename
        ... on ExecutionStepFailureEvent { error { message causes { message } } }
        ... on RunFailureEvent { message error { message } }
        ... on EngineEvent { message error { message } }
      }
    }
    ... on PythonError { message }
  }
}
"""
_PART: Final = "query Part($key: [String!]!) { capturedLogs(logKey: $key) { stdout } }"
_LOCATION: Final = """
query Location {
  workspaceOrError {
    ... on Workspace {
      locationEntries {
        name loadStatus
        locationOrLoadError { __typename ... on PythonError { message } }
      }
    }
    ... on PythonError { message }
  }
}
"""
_QUEUE: Final = (
    """
query Queue($waiting: RunsFilter!, $active: RunsFilter!, $limit: Int!) {
  waiting: runsOrError(filter: $waiting, limit: $limit) { __typename ... on Runs { results { ...RunFacts } } }
  active: runsOrError(filter: $active, limit: $limit) { __typename ... on Runs { results { ...RunFacts } } }
  instance {
    runQueueConfig { maxConcurrentRuns tagConcurrencyLimitsYaml }
    daemonHealth { daemonStatus(daemonType: "QUEUED_RUN_COORDINATOR") { healthy } }
  }
}
"""
    + _RUN
)
_RELOAD: Final = """
mutation Reload($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) { __typename } }
"""


class DagsterEngine:
    """Runs on Dagster. One instance is shared by all threads."""

    def __init__(self, url: str, *, timeout_seconds: float = 30) -> None:
        # Loopback only: a proxy of the surroundings has no business here.
        self._client = httpx.Client(base_url=url, timeout=timeout_seconds, trust_env=False)

    def close(self) -> None:
        """Close pooled connections."""
        self._client.close()

    def launch(self, launch: Launch) -> EngineRun:
        """Queue a run. See `RunEngine`."""
        params = {
            "selector": {
                "repositoryLocationName": LOCATION,
                "repositoryName": REPOSITORY,
                "pipelineName": launch.job_name,
            },
            "runConfigData": launch.config,
            "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in launch.tags.items()]},
        }
        answer = self.ask(_LAUNCH, {"params": params})["launchRun"]
        if answer["__typename"] != "LaunchRunSuccess":
            reason = _reason(answer)
            if _NOBODY_HOME in reason:
                raise Unavailable("Dagster's code server does not answer.", hint=_LAUNCH_HINT)
            raise Conflict(f"Dagster did not take the run: {reason}", hint=_LAUNCH_HINT)
        return _run(answer["run"])

    def get(self, run_id: str) -> EngineRun | None:
        """One run, or None. See `RunEngine`."""
        answer = self.ask(_GET, {"id": run_id})["runOrError"]
        if answer["__typename"] == "PythonError":
            raise Unavailable("Dagster could not read the run.")
        return _run(answer) if answer["__typename"] == "Run" else None

    def list_runs(
        self,
        tags: Mapping[str, str],
        statuses: Sequence[RunStatus],
        *,
        limit: int,
        cursor: str | None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        run_ids: Sequence[str] | None = None,
    ) -> list[EngineRun]:
        """Runs, newest first. See `RunEngine`."""
        wanted: dict[str, Any] = {"tags": [{"key": k, "value": v} for k, v in tags.items()]}
        if created_after is not None:
            wanted["createdAfter"] = created_after.timestamp()
        if created_before is not None:
            wanted["createdBefore"] = created_before.timestamp()
        if run_ids is not None:
            if not run_ids:
                return []  # to Dagster an empty list means any run
            wanted["runIds"] = list(run_ids)
        if statuses:
            wanted["statuses"] = [name for name, status in STATUSES.items() if status in statuses]
            if not wanted["statuses"]:
                return []  # to Dagster an empty list means any status
        answer = self.ask(_LIST, {"filter": wanted, "limit": limit, "cursor": cursor})["runsOrError"]
        if answer["__typename"] != "Runs":
            raise Unavailable(f"Dagster could not list the runs: {_reason(answer)}")
        return [_run(item) for item in answer["results"]]

    def queue(self) -> Queue:
        """What waits and what goes on. See `RunEngine`."""
        variables = {
            "waiting": {"statuses": ["QUEUED"]},
            "active": {"statuses": _ACTIVE},
            "limit": MOST_QUEUED,
        }
        answer = self.ask(_QUEUE, variables)
        for name in ("waiting", "active"):
            if answer[name]["__typename"] != "Runs":
                raise Unavailable(f"Dagster could not list the queue: {_reason(answer[name])}")
        config = answer["instance"]["runQueueConfig"] or {}
        health = answer["instance"]["daemonHealth"]["daemonStatus"] or {}
        return Queue(
            [_run(item) for item in answer["waiting"]["results"]],
            [_run(item) for item in answer["active"]["results"]],
            limits_from(config.get("maxConcurrentRuns", -1), config.get("tagConcurrencyLimitsYaml")),
            is_served=bool(health.get("healthy")),
        )

    def cancel(self, run_id: str) -> None:
        """Ask a run to end. See `RunEngine`."""
        answer = self.ask(_CANCEL, {"id": run_id})["terminateRun"]
        if answer["__typename"] != "TerminateRunSuccess":
            raise Conflict(f"Run {run_id} could not be cancelled: {_reason(answer)}")

    def failure_message(self, run_id: str) -> str | None:
        """Why a run failed, in Dagster's words."""
        events = list(self._failures(run_id))
        causes = [_cause(event["error"]) for event in events if event["__typename"] == _STEP_FAILED]
        engine: str | None = None
        said: str | None = None
        for event in events:
            text = (event.get("error") or {}).get("message") or event.get("message")
            if event["__typename"] == "RunFailureEvent":
                # A worker that died says nothing itself; what Dagster noticed stands just before.
                said = engine if str(text).startswith(_FROM_OUTSIDE) else text
            elif event["__typename"] == "EngineEvent":
                engine = _plainly(text)
        return next((cause for cause in causes if cause), said)

    def _failures(self, run_id: str) -> Iterator[Mapping[str, Any]]:
        """The events of a run that may say why it failed, the first ones of a very long log."""
        cursor: str | None = None
        for _ in range(50):
            log = self.ask(_FAILURE, {"id": run_id, "cursor": cursor})["logsForRun"]
            if "events" not in log:
                yield {"__typename": "RunFailureEvent", "message": _UNREAD.format(_reason(log))}
                return
            yield from log["events"]
            cursor = log["cursor"]
            if not log["hasMore"]:
                return

    def captured_log(self, key: Sequence[str]) -> str | None:
        """What Dagster's compute log manager holds under a key; None while it holds nothing.

        Raises:
            Unavailable: Dagster does not answer.
        """
        return (self.ask(_PART, {"key": list(key)}).get("capturedLogs") or {}).get("stdout")

    def check(self) -> None:
        """Raise Unavailable unless Dagster answers, its database included, within a few seconds."""
        self.ask(_GET, {"id": NOBODY}, timeout_seconds=CHECK_SECONDS)

    def location_error(self) -> str | None:
        """None when the code location is loaded, otherwise why it is not."""
        answer = self.ask(_LOCATION, {}, timeout_seconds=CHECK_SECONDS)["workspaceOrError"]
        entries = {entry["name"]: entry for entry in answer.get("locationEntries", [])}
        entry = entries.get(LOCATION)
        if entry is None:
            return str(answer.get("message") or "The code location is not known to Dagster.")
        loaded = entry["locationOrLoadError"] or {}
        if entry["loadStatus"] != "LOADED" or loaded.get("__typename") == "PythonError":
            return str(loaded.get("message") or "The code location is still loading.")
        return None

    def reload_location(self) -> None:
        """Have Dagster load the definitions anew; the old ones serve meanwhile."""
        self.ask(_RELOAD, {"name": LOCATION}, timeout_seconds=180)

    def ask(
        self, query: str, variables: Mapping[str, Any], *, timeout_seconds: float | None = None
    ) -> dict[str, Any]:
        """The data of an answer to a GraphQL query or mutation.

        Raises:
            Unavailable: Dagster does not answer, or not with data.
        """
        timeout = httpx.USE_CLIENT_DEFAULT if timeout_seconds is None else timeout_seconds
        try:
            response = self._client.post(
                "/graphql", json={"query": query, "variables": variables}, timeout=timeout
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(
                "Dagster does not answer.", hint="It may be starting; try again in a moment."
            ) from error
        if answer.get("data") is None:
            reason = (
                "; ".join(str(item.get("message")) for item in answer.get("errors", [])) or "no reason given"
            )
            raise Unavailable(f"Dagster could not answer: {_first_line(reason)}")
        return answer["data"]


_FROM_OUTSIDE: Final = "This run has been marked as failed from outside"
_STEP_FAILED: Final = "ExecutionStepFailureEvent"
_UNREAD: Final = "Why it failed is not known: Dagster could not read its log ({})."
_NOBODY_HOME: Final = "DagsterUserCodeUnreachableError"
_WORKER_GONE: Final = re.compile(r"Detected run worker status \w+: '(.+)'\. Marking run \S+ as failed\.?")
_LAUNCH_HINT: Final = (
    "If the project is new or changed, Dagster may still be loading it; try again in a moment."
)


def _plainly(text: Any) -> Any:
    """Why a run's worker is gone, without what Dagster says around it."""
    found = _WORKER_GONE.fullmatch(str(text).strip())
    return found[1] if found else text


def _cause(error: Mapping[str, Any] | None) -> str | None:
    """The first cause of a failed step; what Dagster wraps around it says only which step that was."""
    causes = (error or {}).get("causes") or []
    return _first_line(causes[-1]["message"]) if causes else None


def _first_line(text: str) -> str:
    """What a person can read of a message that may be a page of SQL or a traceback."""
    return (text.strip().splitlines() or ["no reason given"])[0][:300]


def _reason(answer: Mapping[str, Any]) -> str:
    if answer.get("message"):
        return _first_line(str(answer["message"]))
    said = "; ".join(str(item.get("message")) for item in answer.get("errors", []))
    return said or str(answer["__typename"])


def _run(raw: Mapping[str, Any]) -> EngineRun:
    created = clock.from_epoch(raw["creationTime"])
    assert created is not None  # noqa: S101 - the schema says it is never null
    return EngineRun(
        run_id=raw["runId"],
        job_name=raw["jobName"],
        status=STATUSES.get(raw["status"], RunStatus.UNKNOWN),
        created_at=created,
        started_at=clock.from_epoch(raw["startTime"]),
        ended_at=clock.from_epoch(raw["endTime"]),
        tags={tag["key"]: tag["value"] for tag in raw["tags"]},
        config=raw["runConfig"] or {},
        selected_assets=raw["assetSelectionCount"] or 0,
    )
