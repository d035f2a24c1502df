"""An example of each kind of event, with everything that one can have: for previews, tests and checks."""

from datetime import UTC, datetime
from typing import Any, Final

from core.notifications.facts import JobFacts, Links, facts_of
from core.notifications.models import EventKind

AT: Final = datetime(2026, 3, 2, 6, 12, 30, tzinfo=UTC)
RUN: Final = "6f1f2d5c-0000-4000-8000-000000000000"
JOB: Final = JobFacts("nightly", "Nightly build", "data@example.org", ("finance",))
_COUNTED: Final = {
    EventKind.RUN_STARTED: "running",
    EventKind.RUN_SUCCEEDED: "success",
    EventKind.RUN_FAILED: "failed",
    EventKind.RUN_RECOVERED: "success",
    EventKind.RUN_CANCELLED: "cancelled",
    EventKind.RUN_LATE: "queued",
    EventKind.TEST_NEWLY_FAILING: "failed",
    EventKind.FRESHNESS: "success",
}


def example_of(
    kind: EventKind, workspace: str = "shop", name: str = "Shop", base: str = ""
) -> dict[str, Any]:
    """Facts of an event of this kind that never happened."""
    links = Links(base, workspace)
    others: dict[str, Any] = {"url": links.to("runs", RUN)}
    if kind in _COUNTED:
        others["run"] = _run(kind, links)
    if kind is EventKind.RUN_FAILED:
        others |= _failure(links)
    if kind is EventKind.RUN_LATE:
        others["late"] = {"due_at": AT.isoformat(), "after_minutes": 15, "reason": "It waits in the queue."}
    if kind is EventKind.TEST_NEWLY_FAILING:
        others |= {"tests": [_test(links)], "tests_total": 1}
    if kind is EventKind.FRESHNESS:
        others |= {"sources": [_source(links)], "sources_total": 1}
    if kind is EventKind.INGEST_REFUSED:
        others |= {"url": links.to("artifacts"), "drop": _drop()}
    return facts_of(
        kind,
        AT,
        links,
        workspace_name=name,
        environment="prod",
        job=None if kind is EventKind.INGEST_REFUSED else JOB,
        **others,
    )


def least_of(kind: EventKind, *, has_job: bool) -> dict[str, Any]:
    """Facts of an event of this kind that has as little as one can have: of no job, with no reasons known.

    Tests and sources may also have changed in a run that is none of ours.
    """
    facts = example_of(kind)
    empty: dict[str, Any] = {"message": None, "causes": [], "exposures": [], "environment": None}
    if not has_job and kind is not EventKind.RUN_LATE:
        empty["job"] = None
    if kind in {EventKind.TEST_NEWLY_FAILING, EventKind.FRESHNESS, EventKind.RUN_LATE}:
        empty["run"] = None
    elif facts["run"]:
        empty["run"] = {**facts["run"], "actor": None, "started_at": None, "duration_seconds": None}
    for name, optional in (
        ("sources", ("age_seconds", "before", "message")),
        ("tests", ("failures", "message")),
    ):
        empty[name] = [{**one, **dict.fromkeys(optional)} for one in facts[name]]
    if facts["drop"]:
        empty["drop"] = {**facts["drop"], **dict.fromkeys(("reason", "hint", "actor"))}
    return {**facts, **empty}


def _run(kind: EventKind, links: Links) -> dict[str, Any]:
    over = kind not in {EventKind.RUN_STARTED, EventKind.RUN_LATE}
    return {
        "id": RUN,
        "url": links.to("runs", RUN),
        "command": "dbt build --select tag:nightly",
        "status": _COUNTED[kind],
        "actor": "ada",
        "attempt": 2,
        "max_attempts": 3,
        "will_retry": False,
        "next_attempt_at": None,
        "created_at": AT.isoformat(),
        "started_at": None if kind is EventKind.RUN_LATE else AT.isoformat(),
        "ended_at": AT.isoformat() if over else None,
        "duration_seconds": 83.0 if over else None,
    }


def _failure(links: Links) -> dict[str, Any]:
    node = "model.shop.orders"
    cause = {
        "node": node,
        "name": "orders",
        "resource_type": "model",
        "status": "error",
        "message": 'Database Error: column "amount" does not exist',
        "url": links.to("runs", RUN, node=node),
        "skipped": ["model.shop.revenue"],
        "skipped_total": 1,
        "exposures": ["exposure.shop.board"],
    }
    found = {"causes": [cause], "failed_total": 1, "skipped_total": 1, "exposures": cause["exposures"]}
    return {**found, "message": "dbt build ended with 1."}


def _test(links: Links) -> dict[str, Any]:
    node = "test.shop.unique_orders_id.1"
    said = {"name": "unique_orders_id", "status": "fail", "failures": 3, "message": "Got 3 results"}
    return {"node": node, **said, "url": links.to("runs", RUN, node=node)}


def _source(links: Links) -> dict[str, Any]:
    node = "source.shop.raw.payments"
    said = {"name": "raw.payments", "status": "error", "before": "pass", "age_seconds": 93_600.0}
    return {"node": node, **said, "message": None, "url": links.to("catalog", node)}


def _drop() -> dict[str, Any]:
    said = {"reason": "manifest.json is not JSON.", "hint": "Bring it anew.", "actor": "ci"}
    return {"id": 7, "label": "nightly.zip", "source": "upload", **said}
