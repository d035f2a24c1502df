"""Jobs that wait for one another in a circle would run for ever."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.schedules.models import Job, Trigger


def upstreams_of(session: Session, workspace_id: int) -> dict[int, list[int]]:
    """Of each job of a workspace, the jobs that make it run."""
    query = (
        sa.select(Trigger.job_id, Trigger.settings["job_id"].as_integer())
        .join(Job, Job.id == Trigger.job_id)
        .where(Job.workspace_id == workspace_id, Trigger.kind == "job")
    )
    found: dict[int, list[int]] = {}
    for job_id, upstream in session.execute(query):
        found.setdefault(job_id, []).append(upstream)
    return found


def circle_over(
    job_id: int | None, upstream: int, upstreams: Mapping[int, Sequence[int]]
) -> list[int] | None:
    """The way from a job over what it is to wait for back to itself; None where there is none."""
    ways: list[list[int]] = [[upstream]]
    seen: set[int] = set()
    while ways:
        way = ways.pop()
        if way[-1] == job_id:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, further] for further in upstreams.get(way[-1], ())]
    return None
