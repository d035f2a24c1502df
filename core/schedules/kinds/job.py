"""When a run of another job has ended for good: retries of its policy come first."""

from typing import Any, Final

from core.kit.errors import FieldError, Invalid
from core.schedules.kinds.kind import Around, Kind, Settings

SUCCESS, FAILURE, ANY = "success", "failure", "any"
ON: Final = (SUCCESS, FAILURE, ANY)
_WORDS: Final = {SUCCESS: "has succeeded", FAILURE: "has failed", ANY: "has ended"}


def _check(raw: Settings, around: Around) -> dict[str, Any]:
    key, on = raw["job"], raw.get("on", SUCCESS)
    job_id = around.job_id(key)
    details: list[FieldError] = []
    if job_id is None:
        details.append(FieldError("job", f"{key!r} is not a job of this workspace"))
    elif around.jobs[job_id].archived:
        details.append(FieldError("job", f"{key!r} is archived, and does not run"))
    if on not in ON:
        details.append(FieldError("on", "must be success, failure or any"))
    if details:
        said = "; ".join(detail.message for detail in details)
        raise Invalid(said, hint="GET jobs/options lists the jobs there are.", details=details)
    return {"job_id": job_id, "on": on}


def _shown(settings: Settings, around: Around) -> dict[str, Any]:
    upstream = around.jobs.get(settings["job_id"])
    return {"job": upstream.key if upstream else None, "on": settings["on"]}


def _words(settings: Settings, around: Around) -> str:
    upstream = around.jobs.get(settings["job_id"])
    name = upstream.name if upstream else "a job that is gone"
    archived = " (archived, so it does not run)" if upstream and upstream.archived else ""
    return f"When {name}{archived} {_WORDS[settings['on']]}"


KIND: Final = Kind("job", "Another job", "When a run of another job has ended.", _check, _shown, _words)
