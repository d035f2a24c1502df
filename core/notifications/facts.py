"""What is said of an event: the same names for every kind, null or empty where there is nothing to say.

Templates and webhooks are given exactly this; docs/notifications.md lists it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from core.notifications.models import EventKind

NAMES: Final = (
    *("event", "at", "url", "workspace", "environment", "job", "run", "message", "causes", "failed_total"),
    *("skipped_total", "exposures", "tests", "tests_total", "sources", "sources_total", "drop", "late"),
)
# Of long lists as many as somebody reads; the totals are of all.
MOST_LISTED: Final = 20


@dataclass(frozen=True)
class JobFacts:
    """A job, as far as rules and messages go by it."""

    key: str
    name: str
    owner: str = ""
    tags: Sequence[str] = ()


@dataclass(frozen=True)
class Links:
    """Addresses of our pages; paths only where it is not known under which address people open them."""

    base: str
    workspace: str

    def to(self, *parts: str, **query: str) -> str:
        """The address of a page of the workspace."""
        path = "/".join(quote(part, safe="") for part in ("w", self.workspace, *parts))
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return f"{self.base}/{path}" + (f"?{asked}" if asked else "")


def facts_of(
    kind: EventKind,
    at: datetime,
    links: Links,
    *,
    workspace_name: str,
    environment: str | None = None,
    job: JobFacts | None = None,
    **others: Any,
) -> dict[str, Any]:
    """All facts of an event: what every kind has, and `others`, by the names of `NAMES`."""
    known: dict[str, Any] = {
        **dict.fromkeys(NAMES),
        **{name: [] for name in ("causes", "exposures", "tests", "sources")},
        **dict.fromkeys(("failed_total", "skipped_total", "tests_total", "sources_total"), 0),
        "event": str(kind),
        "at": at.isoformat(),
        "url": links.to(),
        "workspace": {"key": links.workspace, "name": workspace_name, "url": links.to()},
        "environment": environment,
        "job": None if job is None else job_facts(job, links),
    }
    return {**known, **others}


def job_facts(job: JobFacts, links: Links) -> dict[str, Any]:
    """A job in the facts of an event."""
    return {
        "key": job.key,
        "name": job.name,
        "owner": job.owner,
        "tags": list(job.tags),
        "url": links.to("jobs", job.key),
    }


def cut(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As many as are listed."""
    return [dict(item) for item in items[:MOST_LISTED]]
