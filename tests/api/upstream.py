"""A small real server in the place of dagster-webserver: HTTP, WebSocket and a few answers of its GraphQL."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.api import upstream_jobs
from tests.api.conftest import free_port


@dataclass
class Upstream:
    """Where it is, and the runs it knows: status by id."""

    url: str
    runs: dict[str, str] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[set[str]] = field(default_factory=list)
    jobs: upstream_jobs.Jobs = field(default_factory=upstream_jobs.Jobs)


def run_facts(run_id: str, status: str) -> dict[str, Any]:
    config = {"ops": {"shop__dbt_command": {"config": {"steps": [{"command": "build", "options": {}}]}}}}
    tags = [{"key": "workbench/workspace", "value": "shop"}, {"key": "workbench/environment", "value": "dev"}]
    times = {
        "creationTime": 1767225600.0,
        "startTime": 1767225601.0,
        "endTime": None if status == "STARTED" else 1767225602.0,
    }
    run = {
        "__typename": "Run",
        "runId": run_id,
        "jobName": "shop__dbt",
        "status": status,
        "runConfig": config,
    }
    return {**run, **times, "tags": tags, "assetSelectionCount": 0}


def queue_of(upstream: Upstream, variables: dict[str, Any]) -> dict[str, Any]:
    found = {
        part: [
            run_facts(key, status)
            for key, status in upstream.runs.items()
            if status in variables[part]["statuses"]
        ]
        for part in ("waiting", "active")
    }
    limits = "- key: workbench/workspace\n  limit: 1\n  value:\n    applyLimitPerUniqueValue: true\n"
    queue = {"maxConcurrentRuns": 10, "tagConcurrencyLimitsYaml": limits}
    health = {"daemonStatus": {"healthy": True}}
    return {
        **{part: {"__typename": "Runs", "results": runs} for part, runs in found.items()},
        "instance": {"runQueueConfig": queue, "daemonHealth": health},
    }


def part_of(upstream: Upstream, variables: dict[str, Any]) -> dict[str, Any]:
    return {"capturedLogs": {"stdout": upstream.parts.get("/".join(variables["key"]))}}


ANSWERS = {"Queue": queue_of, "Part": part_of}


def answer(upstream: Upstream, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    of_jobs = upstream_jobs.answer(upstream.jobs, query, variables)
    return _answer(upstream, query, variables) if of_jobs is None else of_jobs


def _answer(upstream: Upstream, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    name = query.split("(", 1)[0].rsplit(maxsplit=1)[-1]
    if name == "Run":
        status = upstream.runs.get(variables["id"])
        return {
            "runOrError": run_facts(variables["id"], status) if status else {"__typename": "RunNotFoundError"}
        }
    if name == "Runs":
        wanted = variables["filter"].get("statuses") or list(set(upstream.runs.values()))
        ids = variables["filter"].get("runIds") or list(upstream.runs)
        found = [
            run_facts(run_id, status)
            for run_id, status in upstream.runs.items()
            if status in wanted and run_id in ids
        ]
        return {"runsOrError": {"__typename": "Runs", "results": found[: variables["limit"]]}}
    if name in ANSWERS:
        return ANSWERS[name](upstream, variables)
    if name == "Launch":
        upstream.runs["new"] = "QUEUED"
        return {"launchRun": {"__typename": "LaunchRunSuccess", "run": run_facts("new", "QUEUED")}}
    if name == "Cancel":
        upstream.cancelled.append(variables["id"])
        upstream.runs[variables["id"]] = "CANCELING"
        return {"terminateRun": {"__typename": "TerminateRunSuccess"}}
    return {"logsForRun": {"cursor": "1", "hasMore": False, "events": []}}


Answer = Callable[[Upstream, str, dict[str, Any]], dict[str, Any]]


async def _echo(request: Request) -> Response:
    body = await request.body()
    said = {
        "method": request.method,
        "path": request.scope["raw_path"].decode(),
        "query": request.scope["query_string"].decode(),
        "headers": request.headers.multi_items()
        if hasattr(request.headers, "multi_items")
        else request.headers.items(),
        "body": body.decode("latin-1"),
    }
    response = JSONResponse(said, int(request.query_params.get("status", "200")))
    response.headers["x-of-dagster"] = "yes"
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


async def _slow(_request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield f"part {number}\n".encode()
            await asyncio.sleep(0.3)

    return StreamingResponse(parts(), media_type="text/plain")


async def _away(_request: Request) -> Response:
    return RedirectResponse("/dagster/elsewhere", 302)


async def _socket(socket: WebSocket) -> None:
    """Says how it was opened, then repeats what it gets; ends when it is told that the connection does."""
    await socket.accept(subprotocol=(socket.scope["subprotocols"] or [None])[0])
    await socket.send_text(json.dumps([socket.url.path, socket.url.query, sorted(socket.headers)]))
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if json.loads(message["text"])["type"] == "connection_terminate":
            await socket.close()
            return
        await socket.send_text(message["text"])


@contextmanager
def running(answer: Answer = answer) -> Iterator[Upstream]:
    """Serve until the end of the block; `answer` says what is said to a query of GraphQL."""
    port = free_port()
    upstream = Upstream(f"http://127.0.0.1:{port}/dagster")

    async def graphql(request: Request) -> Response:
        asked = await request.json()
        upstream.bodies.append(asked)
        upstream.headers.append({name.lower() for name, _ in request.headers.items()})
        return JSONResponse({"data": answer(upstream, asked["query"], asked.get("variables", {}))})

    every = ["GET", "HEAD", "POST", "OPTIONS"]
    routes = [
        Route("/dagster/graphql", graphql, methods=["POST"]),
        Route("/dagster/slow", _slow),
        Route("/dagster/away", _away),
        WebSocketRoute("/dagster/graphql", _socket),
        Route("/dagster", _echo, methods=every),
        Route("/dagster/{path:path}", _echo, methods=every),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes), "127.0.0.1", port, log_level="critical", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield upstream
    server.should_exit = True
    thread.join(10)
