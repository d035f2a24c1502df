"""What an event of dbt says about a node."""

from collections.abc import Mapping
from typing import Any, Final

from core.artifacts.times import parse_time
from core.runs.recording import NodeReport

_RUNNING: Final = frozenset({"started", "compiling", "executing", "running"})


def node_report(raw: Mapping[str, Any]) -> NodeReport | None:
    """The state of the node that an event is about, or None when it is about none.

    Source: dbt's structured events, https://docs.getdbt.com/reference/events-logging.
    """
    data: Mapping[str, Any] = raw.get("data") or {}
    node: Mapping[str, Any] = data.get("node_info") or {}
    status = str(node.get("node_status") or "").lower()
    if not node.get("unique_id") or not status or status == "none":
        return None
    finished = parse_time(node.get("node_finished_at"))
    running = status in _RUNNING or finished is None
    return NodeReport(
        unique_id=str(node["unique_id"]),
        name=str(node.get("node_name") or node["unique_id"]),
        resource_type=str(node.get("resource_type") or str(node["unique_id"]).split(".", maxsplit=1)[0]),
        status="running" if running else status,
        started_at=parse_time(node.get("node_started_at")),
        finished_at=None if running else finished,
        execution_time=None if running else data.get("execution_time"),
        failures=data.get("num_failures") or None,
        thread=(raw.get("info") or {}).get("thread"),
    )
