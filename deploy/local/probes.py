"""How each service says that it is ready."""

import http.client
import json
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import psutil
import psycopg

from deploy.local.checks import HOST

PATIENCE = 10.0
PING_SECONDS = 5.0
LATE_HEARTBEAT = """
    select 1 from dagster.daemon_heartbeats
    where daemon_type = 'QUEUED_RUN_COORDINATOR' and timestamp > %s
"""


def http_status(port: int, path: str, host: str = HOST) -> int:
    """The status of a GET on this machine; 0 when nothing answers."""
    return http_json(port, path, host=host)[0]


def http_json(
    port: int,
    path: str,
    method: str = "GET",
    body: object = None,
    *,
    host: str = HOST,
    token: str | None = None,
) -> tuple[int, Mapping[str, Any]]:
    """Status and content of a request on this machine; status 0 when nothing answers."""
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        return answer.status, _mapping(answer.read())
    except (OSError, http.client.HTTPException):
        return 0, {}
    finally:
        connection.close()


def socket_accepts(path: Path) -> bool:
    """Whether somebody listens on this Unix socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def answers_ping(path: Path) -> bool:
    """Whether the run server at this Unix socket has loaded what it needs."""
    from orchestration.lib import wire

    try:
        return "worker" in wire.ask(str(path), {"kind": "ping"}, PING_SECONDS)
    except wire.Gone:
        return False


def has_children(pid: int) -> bool:
    """Whether a process has a living process of its own."""
    try:
        children = psutil.Process(pid).children()
        return any(child.status() != psutil.STATUS_ZOMBIE for child in children)
    except psutil.NoSuchProcess:
        return False


def daemon_beats(database_url: str, since: datetime) -> bool:
    """Whether the daemon that starts runs has written a heartbeat since then."""
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            return (
                connection.execute(LATE_HEARTBEAT, (since.astimezone(UTC).replace(tzinfo=None),)).fetchone()
                is not None
            )
    except psycopg.Error:
        return False


def _mapping(content: bytes) -> Mapping[str, Any]:
    try:
        parsed: Any = json.loads(content)
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", parsed) if isinstance(parsed, dict) else {}
