"""The part of the stand-in for Dagster that knows schedules, sensors and runs of jobs."""

import re
from dataclasses import dataclass, field
from typing import Any

STARTED = 1767225600.0


@dataclass
class Jobs:
    """What is loaded by name (its version, and whether it runs), its ticks, and the runs of jobs by key.

    `failure` says why the code location does not load.
    """

    loaded: dict[str, dict[str, Any]] = field(default_factory=dict)
    ticks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    runs: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    failure: str | None = None
    asked: list[str] = field(default_factory=list)


def load(jobs: Jobs, name: str, *, version: int = 1, running: bool = True, workspace: str = "shop") -> None:
    """Have a schedule or sensor of this name."""
    jobs.loaded[name] = {"version": version, "running": running, "workspace": workspace}


def tick(at: float, status: str, **more: Any) -> dict[str, Any]:
    """A tick as Dagster tells it."""
    told = {"runIds": [], "originRunIds": [], "skipReason": None, "error": None, "endTimestamp": at + 1}
    return {"timestamp": at, "status": status, **told, **more}


def answer(jobs: Jobs, query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
    """The answer to a question about jobs; None of others."""
    # Of what has no name, none of these asks.
    name = f"{query} ? ?".split(maxsplit=2)[1].partition("(")[0]
    jobs.asked.append(name)
    if name in {"StartSchedule", "StopSchedule", "StartSensor", "StopSensor"}:
        return _set(jobs, name, variables)
    known = {
        "Definitions": _definitions,
        "Triggers": _triggers,
        "JobRuns": _job_runs,
        "Runs": _listed,
        "LocationFailure": _failure,
    }
    return known[name](jobs, query, variables) if name in known else None


def _triggers(jobs: Jobs, query: str, _variables: dict[str, Any]) -> dict[str, Any]:
    found = re.findall(r'(a\d+): (schedule|sensor)OrError\(.*?(?:schedule|sensor)Name: "([^"]+)"', query)
    answers = {alias: _one(jobs, kind, which) for alias, kind, which in found}
    if "looks:" in query:
        for one in answers.values():
            _part(one.get("state", {}))
    return answers


def _part(state: dict[str, Any]) -> None:
    ticks = state.get("ticks", [])
    state["looks"] = [tick for tick in ticks if tick["status"] == "SKIPPED"]
    state["ticks"] = [tick for tick in ticks if tick["status"] != "SKIPPED"]


def _job_runs(jobs: Jobs, query: str, _variables: dict[str, Any]) -> dict[str, Any]:
    found = re.findall(r'(a\d+): runsOrError\(.*?workbench/job", value: "([^"]+)"', query)
    return {alias: _runs(jobs, key) for alias, key in found}


def _failure(jobs: Jobs, _query: str, _variables: dict[str, Any]) -> dict[str, Any]:
    error = {"__typename": "PythonError", "message": jobs.failure, "causes": []}
    loaded = {"__typename": "RepositoryLocation"} if jobs.failure is None else error
    return {"workspaceLocationEntryOrError": {"locationOrLoadError": loaded}}


def _definitions(jobs: Jobs, _query: str, _variables: dict[str, Any]) -> dict[str, Any]:
    if jobs.failure is not None:
        error = {"__typename": "PythonError", "message": "not loaded"}
        return {"schedulesOrError": error, "sensorsOrError": error}
    schedules = [_raw(jobs, name) for name in jobs.loaded if "__cron_" in name]
    sensors = [_raw(jobs, name) for name in jobs.loaded if "__cron_" not in name]
    return {
        "schedulesOrError": {"__typename": "Schedules", "results": schedules},
        "sensorsOrError": {"__typename": "Sensors", "results": sensors},
    }


def _one(jobs: Jobs, kind: str, name: str) -> dict[str, Any]:
    if jobs.failure is not None:
        return {"__typename": "PythonError", "message": "not loaded"}
    if name not in jobs.loaded:
        return {"__typename": f"{kind.title()}NotFoundError"}
    return {"__typename": kind.title(), **_raw(jobs, name)}


def _raw(jobs: Jobs, name: str) -> dict[str, Any]:
    one = jobs.loaded[name]
    tags = {
        "workbench/workspace": one["workspace"],
        "workbench/job": "x",
        "workbench/version": one["version"],
    }
    state = {"id": f"id of {name}", "status": "RUNNING" if one["running"] else "STOPPED"}
    return {
        "name": name,
        "tags": [{"key": key, "value": str(value)} for key, value in tags.items()],
        "state": {**state, "ticks": jobs.ticks.get(name, [])},
    }


def _set(jobs: Jobs, name: str, variables: dict[str, Any]) -> dict[str, Any]:
    selector = variables.get("selector", {})
    which = selector.get("scheduleName") or selector.get("sensorName")
    which = which or variables["id"].removeprefix("id of ")
    jobs.loaded[which]["running"] = name.startswith("Start")
    return {"answer": {"__typename": "ScheduleStateResult"}}


def _runs(jobs: Jobs, key: str) -> dict[str, Any]:
    return {"__typename": "Runs", "results": [_run(key, *one) for one in jobs.runs.get(key, [])]}


def _listed(jobs: Jobs, _query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
    tags = {tag["key"]: tag["value"] for tag in variables["filter"].get("tags", [])}
    key = tags.get("workbench/job")
    if key is None:
        return None
    if "workbench/retry_state" in tags:
        return {"runsOrError": {"__typename": "Runs", "results": []}}
    wanted = variables["filter"].get("statuses")
    chosen = [one for one in jobs.runs.get(key, []) if not wanted or one[1] in wanted]
    results = [_run(key, *one) for one in chosen][: variables["limit"]]
    return {"runsOrError": {"__typename": "Runs", "results": results}}


def _run(key: str, run_id: str, status: str) -> dict[str, Any]:
    tags = {"workbench/workspace": "shop", "workbench/job": key, "workbench/environment": "dev"}
    ended = None if status in {"QUEUED", "STARTED"} else STARTED + 60
    return {
        "__typename": "Run",
        "runId": run_id,
        "jobName": "shop__dbt",
        "status": status,
        "creationTime": STARTED,
        "startTime": STARTED,
        "endTime": ended,
        "runConfig": {},
        "tags": [{"key": name, "value": value} for name, value in tags.items()],
        "assetSelectionCount": 0,
    }
