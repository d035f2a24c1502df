"""What Dagster knows of jobs: their schedules and sensors, whether those are paused, their ticks and runs.

Many things are asked in one request, each under a name of its own (`a0`, `a1`, ...): a list of a hundred jobs
costs Dagster one answer.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.kit.dagster import LOCATION, REPOSITORY, STATUSES, DagsterEngine
from core.kit import clock
from core.kit.errors import Conflict, NotFound, Unavailable
from core.runs.ports import EngineRun, RunStatus
from core.schedules.history import job_tags
from core.schedules.idle import is_idle
from core.schedules.ports import Loaded, Tick

# From so many on, all that are loaded are asked for at once.
MANY: Final = 40
# Of so many looks that led to no run, those that say more than that nothing had happened are told.
LOOKS: Final = 200
_SELECTOR: Final = f'repositoryName: "{REPOSITORY}", repositoryLocationName: "{LOCATION}"'
_TICK: Final = "timestamp endTimestamp status runIds originRunIds skipReason error { message }"
_SCHEDULE: Final = "name tags { key value } state: scheduleState { id status %s }"
_SENSOR: Final = "name tags { key value } state: sensorState { id status %s }"
_RUN: Final = "runId jobName status creationTime startTime endTime tags { key value }"
_ALL: Final = f"""
query Definitions {{
  schedulesOrError(repositorySelector: {{{_SELECTOR}}}) {{
    __typename ... on Schedules {{ results {{ {_SCHEDULE % ""} }} }} ... on PythonError {{ message }}
  }}
  sensorsOrError(repositorySelector: {{{_SELECTOR}}}) {{
    __typename ... on Sensors {{ results {{ {_SENSOR % ""} }} }} ... on PythonError {{ message }}
  }}
}}
"""
_FAILURE: Final = """
query LocationFailure($name: String!) {
  workspaceLocationEntryOrError(name: $name) {
    ... on WorkspaceLocationEntry {
      locationOrLoadError { __typename ... on PythonError { message causes { message } } }
    }
  }
}
"""
_ERROR: Final = (
    "... on ScheduleNotFoundError { message } ... on UnauthorizedError { message } "
    "... on PythonError { message }"
)
_START_SCHEDULE: Final = f"""
mutation StartSchedule($selector: ScheduleSelector!) {{
  answer: startSchedule(scheduleSelector: $selector) {{
    __typename ... on ScheduleStateResult {{ scheduleState {{ status }} }} {_ERROR}
  }}
}}
"""
_STOP_SCHEDULE: Final = f"""
mutation StopSchedule($id: String!) {{
  answer: stopRunningSchedule(id: $id) {{
    __typename ... on ScheduleStateResult {{ scheduleState {{ status }} }} {_ERROR}
  }}
}}
"""
_START_SENSOR: Final = """
mutation StartSensor($selector: SensorSelector!) {
  answer: startSensor(sensorSelector: $selector) {
    __typename ... on Sensor { name } ... on SensorNotFoundError { message }
    ... on UnauthorizedError { message } ... on PythonError { message }
  }
}
"""
_STOP_SENSOR: Final = """
mutation StopSensor($id: String!) {
  answer: stopSensor(id: $id) {
    __typename ... on StopSensorMutationResult { instigationState { status } }
    ... on UnauthorizedError { message } ... on PythonError { message }
  }
}
"""


class DagsterJobs:
    """Schedules and sensors of Dagster."""

    def __init__(self, engine: DagsterEngine) -> None:
        self._engine = engine

    def loaded(self) -> dict[str, Loaded]:
        """Every schedule and sensor that is loaded, by name.

        Raises:
            Unavailable: Dagster does not answer.
        """
        answer = self._engine.ask(_ALL, {})
        schedules, sensors = answer["schedulesOrError"], answer["sensorsOrError"]
        for part in (schedules, sensors):
            if "results" not in part:
                raise Unavailable(f"Dagster could not list what it has loaded: {part.get('message')}")
        found = [_loaded(raw, is_schedule=True) for raw in schedules["results"]]
        found += [_loaded(raw, is_schedule=False) for raw in sensors["results"]]
        return {one.name: one for one in found}

    def loaded_of(self, names: Mapping[str, bool], *, ticks: int = 0, idle: bool = True) -> dict[str, Loaded]:
        """Those of these names that are loaded, with so many of their latest ticks. True: it is a schedule.

        Without `idle`, ticks of sensors in which nothing had happened are left out.

        Raises:
            Unavailable: Dagster does not answer.
        """
        if not names:
            return {}
        if len(names) > MANY and not ticks:
            return {name: one for name, one in self.loaded().items() if name in names}
        parts = [
            _one(index, name, _ticks(ticks, idle=idle or is_schedule), is_schedule=is_schedule)
            for index, (name, is_schedule) in enumerate(names.items())
        ]
        answer = self._engine.ask(f"query Triggers {{ {' '.join(parts)} }}", {})
        for raw in answer.values():
            if raw["__typename"] == "PythonError":
                raise Unavailable(f"Dagster could not say what it has loaded: {raw['message']}")
        found = [
            _loaded(raw, is_schedule=is_schedule)
            for raw, is_schedule in zip(answer.values(), names.values(), strict=True)
            if raw.get("__typename") in {"Schedule", "Sensor"}
        ]
        return {one.name: one for one in found}

    def location_failure(self) -> str | None:
        """Why the code location does not load; None where it does, or is about to.

        Raises:
            Unavailable: Dagster does not answer.
        """
        answer = self._engine.ask(_FAILURE, {"name": LOCATION})["workspaceLocationEntryOrError"] or {}
        loaded = answer.get("locationOrLoadError") or {}
        if loaded.get("__typename") != "PythonError":
            return None
        causes = loaded.get("causes") or []
        said = str((causes[-1] if causes else loaded)["message"]).strip()
        return said.splitlines()[0][:500] if said else "no reason given"

    def latest_runs(
        self, workspace_key: str, job_keys: Sequence[str], *, limit: int
    ) -> dict[str, list[EngineRun]]:
        """The latest runs of each of these jobs, newest first.

        Raises:
            Unavailable: Dagster does not answer.
        """
        if not job_keys:
            return {}
        parts = [_runs(index, workspace_key, key, limit) for index, key in enumerate(job_keys)]
        answer = self._engine.ask(f"query JobRuns {{ {' '.join(parts)} }}", {})
        for part in answer.values():
            if "results" not in part:
                raise Unavailable(f"Dagster could not list the runs: {part.get('message')}")
        return {
            key: [_run(raw) for raw in part["results"]]
            for key, part in zip(job_keys, answer.values(), strict=True)
        }

    def pause(self, found: Loaded) -> None:
        """Stop a schedule or sensor from ticking; what it has started goes on.

        Raises:
            Conflict: Dagster refuses.
            Unavailable: Dagster does not answer.
        """
        self._set(_STOP_SCHEDULE if found.is_schedule else _STOP_SENSOR, {"id": found.state_id})

    def resume(self, found: Loaded) -> None:
        """Have a schedule or sensor tick again. Raises as `pause`."""
        name = "scheduleName" if found.is_schedule else "sensorName"
        selector = {name: found.name, "repositoryName": REPOSITORY, "repositoryLocationName": LOCATION}
        self._set(_START_SCHEDULE if found.is_schedule else _START_SENSOR, {"selector": selector})

    def _set(self, mutation: str, variables: Mapping[str, Any]) -> None:
        answer = self._engine.ask(mutation, variables)["answer"]
        said = str(answer["__typename"])
        if said.endswith("NotFoundError"):
            raise NotFound("Dagster has not loaded this trigger.", hint="Try again in a moment.")
        if said.endswith("Error"):
            raise Conflict(f"Dagster refused: {answer.get('message')}")


def _ticks(count: int, *, idle: bool) -> str:
    """The question for so many ticks; without idle ones, those that led to something and, apart, the rest."""
    if not count:
        return ""
    if idle:
        return f"ticks(limit: {count}) {{ {_TICK} }}"
    told = f"ticks(limit: {count}, statuses: [STARTED, SUCCESS, FAILURE]) {{ {_TICK} }}"
    return f"{told} looks: ticks(limit: {LOOKS}, statuses: [SKIPPED]) {{ {_TICK} }}"


def _one(index: int, name: str, ticks: str, *, is_schedule: bool) -> str:
    kind, fields = ("schedule", _SCHEDULE) if is_schedule else ("sensor", _SENSOR)
    selector = f"{{{_SELECTOR}, {kind}Name: {json.dumps(name)}}}"
    return (
        f"a{index}: {kind}OrError({kind}Selector: {selector}) "
        f"{{ __typename ... on {kind.title()} {{ {fields % ticks} }} ... on PythonError {{ message }} }}"
    )


def _runs(index: int, workspace_key: str, job_key: str, limit: int) -> str:
    tags = ", ".join(
        f"{{key: {json.dumps(key)}, value: {json.dumps(value)}}}"
        for key, value in job_tags(workspace_key, job_key).items()
    )
    return (
        f"a{index}: runsOrError(filter: {{tags: [{tags}]}}, limit: {limit}) "
        f"{{ __typename ... on Runs {{ results {{ {_RUN} }} }} ... on PythonError {{ message }} }}"
    )


def _loaded(raw: Mapping[str, Any], *, is_schedule: bool) -> Loaded:
    state = raw["state"]
    looks = [look for look in map(_tick, state.get("looks", [])) if not is_idle(look.reason)]
    ticks = [_tick(tick) for tick in state.get("ticks", [])]
    return Loaded(
        name=raw["name"],
        is_schedule=is_schedule,
        is_running=state["status"] == "RUNNING",
        state_id=state["id"],
        tags={tag["key"]: tag["value"] for tag in raw["tags"]},
        ticks=sorted([*ticks, *looks], key=lambda tick: tick.at, reverse=True) if looks else ticks,
    )


def _tick(raw: Mapping[str, Any]) -> Tick:
    at = clock.from_epoch(raw["timestamp"])
    assert at is not None  # noqa: S101 - the schema says it is never null
    error = raw.get("error") or {}
    return Tick(
        at=at,
        status=str(raw["status"]).lower(),
        run_ids=tuple(raw.get("runIds") or raw.get("originRunIds") or ()),
        reason=error.get("message") or raw.get("skipReason"),
        ended_at=clock.from_epoch(raw.get("endTimestamp")),
    )


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
    )
