"""How fast the whole graph of a large project pans and zooms in a browser that draws with the processor."""

import json
import mimetypes
import random
import shutil
import statistics
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, sync_playwright

from bench.report import Row, held

NODES, EDGES = 10_000, 30_000
LAYERS: Final = 40
SECONDS: Final = 4.0
STEP, ROW = 320, 92
ORIGIN: Final = "http://workbench.test"
DIST: Final = Path(__file__).parent.parent / "ui_extensions" / "dist"
# Without one of the system, Playwright's own.
BROWSER: Final = shutil.which("chromium") or shutil.which("chromium-browser")
WANTED_FPS: Final = 30.0
ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TYPES: Final = ["model", "source", "seed", "snapshot", "exposure"]

#: Times between frames while something moves; `run` begins anew, `stop` gives them.
METER: Final = """
window.meter = {
  times: [], running: false,
  run() { this.times = []; this.running = true; let last = null;
    const tick = (now) => { if (last !== null) this.times.push(now - last); last = now;
      if (this.running) requestAnimationFrame(tick); };
    requestAnimationFrame(tick); },
  stop() { this.running = false; return this.times; },
};
"""


def graph(nodes: int = NODES, edges: int = EDGES) -> dict[str, Any]:
    """A project as the server lays it out: in layers, most edges short, some long."""
    chance = random.Random(7)
    layer = sorted(min(LAYERS - 1, int(chance.triangular(0, LAYERS, 6))) for _ in range(nodes))
    rows: dict[int, int] = {}
    place: list[int] = []
    for one in layer:
        place.append(rows.get(one, 0))
        rows[one] = place[-1] + 1
    tallest = max(rows.values())
    by_layer: dict[int, list[int]] = {}
    for node, one in enumerate(layer):
        by_layer.setdefault(one, []).append(node)
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < edges:
        child = chance.randrange(nodes)
        back = min(layer[child], 1 + int(chance.expovariate(0.9)))
        if back < 1 or not (above := by_layer.get(layer[child] - back)):
            continue
        near = place[child] / max(1, rows[layer[child]]) + chance.gauss(0, 0.04)
        pairs.add((above[min(len(above) - 1, max(0, int(near * len(above))))], child))
    schemas = [f"schema_{index}" for index in range(24)]
    return {
        "snapshot": 1,
        "nodes": {
            "id": [f"model.big.node_{index}" for index in range(nodes)],
            "name": [f"fct_orders_by_region_{index}" for index in range(nodes)],
            "type": [1 if layer[index] == 0 else 0 for index in range(nodes)],
            "schema": [layer[index] * len(schemas) // LAYERS for index in range(nodes)],
            "folder": [index % 9 for index in range(nodes)],
            "package": [0] * nodes,
            "materialization": [index % 3 for index in range(nodes)],
            "status": [chance.choice((0, 0, 0, 0, 1, -1)) for _ in range(nodes)],
            "freshness": [-1] * nodes,
            "tests": [chance.choice((0, 0, 1, -1)) for _ in range(nodes)],
            "lineage": [chance.choice((0, 0, 0, 1, 2)) for _ in range(nodes)],
            "x": [one * STEP for one in layer],
            "y": [int((place[index] + (tallest - rows[layer[index]]) / 2) * ROW) for index in range(nodes)],
        },
        "words": {
            "type": TYPES,
            "schema": schemas,
            "folder": [f"models/area_{index}" for index in range(9)],
            "package": ["big"],
            "materialization": ["view", "table", "incremental"],
            "status": ["success", "error"],
            "freshness": [],
            "tests": ["passed", "failed"],
            "lineage": ["complete", "partial", "unknown"],
        },
        "edges": [end for pair in sorted(pairs) for end in pair],
        "width": LAYERS * STEP,
        "height": tallest * ROW,
    }


WORKSPACE: Final = {
    "key": "big",
    "name": "Big",
    "description": "",
    "is_demo": False,
    "state": "ready",
    "state_message": None,
    "state_hint": None,
    "project_dir": "/projects/big",
    "has_project": True,
    "adapter_type": "duckdb",
    "dbt_version": "1.11.0",
    "manifest_at": "2024-05-01T08:00:00Z",
    "node_counts": {"model": NODES},
    "environments": [],
    "role": "admin",
    "scopes": ["catalog:read"],
    "archived_at": None,
}
ME: Final = {
    "username": "local",
    "full_name": "",
    "email": None,
    "is_instance_admin": True,
    "auth_enabled": False,
    "memberships": [],
    "scopes": ["catalog:read"],
    "default_workspace": None,
}


def answers(whole: dict[str, Any]) -> dict[str, Any]:
    """What the app asks before it draws."""
    here = "/api/workspaces"
    return {
        "/auth/me": ME,
        "/config": {
            "version": "1",
            "auth_enabled": False,
            "metadata_edits": True,
            "dagster_path": "/dagster",
        },
        "/api/roles": {"rights": [], "roles": []},
        here: {"items": [WORKSPACE], "total": 1, "next_cursor": None},
        f"{here}/big": WORKSPACE,
        f"{here}/big/lineage/graph": whole,
    }


def serve(page: Page, api: dict[str, Any]) -> None:
    """The built app and a mocked API, with no server at all."""
    bodies = {path: json.dumps(body) for path, body in api.items()}

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path in bodies:
            route.fulfill(body=bodies[path], content_type="application/json")
        elif path.endswith("/events"):
            route.fulfill(body=": nothing\n\n", content_type="text/event-stream")
        elif path.startswith(("/api", "/auth", "/config")):
            error = {"error": {"code": "not_found", "message": f"Nothing answers {path}.", "request_id": "r"}}
            route.fulfill(status=404, body=json.dumps(error), content_type="application/json")
        else:
            file = DIST / path.lstrip("/")
            file = file if file.is_file() else DIST / "index.html"
            route.fulfill(path=file, content_type=mimetypes.guess_type(file.name)[0] or "text/html")

    page.route("**/*", answer)


def _settled(page: Page) -> None:
    """Until nothing has been drawn for a while: what comes in steps is complete."""
    page.wait_for_timeout(1500)


def _panned(page: Page, seconds: float) -> None:
    until = time.monotonic() + seconds
    page.mouse.move(700, 450)
    page.mouse.down()
    at = 0
    while time.monotonic() < until:
        at += 1
        page.mouse.move(700 + 320 * (abs(at % 160 - 80) / 40 - 1), 450 + at % 97)
    page.mouse.up()


def _zoomed(page: Page, seconds: float) -> None:
    until = time.monotonic() + seconds
    page.mouse.move(700, 450)
    at = 0
    while time.monotonic() < until:
        at += 1
        page.mouse.wheel(0, -60 if at % 60 < 30 else 60)
        page.wait_for_timeout(12)


def _figures(times: list[float]) -> dict[str, float]:
    slowest = sorted(times)[-max(1, len(times) // 20)]
    return {
        "frames": len(times),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(slowest, 1),
        "slowest_ms": round(max(times), 1),
        "fps": round(1000 * len(times) / sum(times), 1),
    }


def frames(seconds: float = SECONDS) -> dict[str, dict[str, float]]:
    """Frames while one pans and zooms, far out and near; `ui_extensions/dist` must be built."""
    if not (DIST / "index.html").is_file():
        raise RuntimeError(f"{DIST} is not built: npm run build")
    found: dict[str, dict[str, float]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(METER)
        serve(page, answers(graph()))
        began = time.monotonic()
        page.goto(f"{ORIGIN}/w/big/lineage/graph")
        page.get_by_role("button", name="Show everything").wait_for()
        found["opening"] = {"seconds": round(time.monotonic() - began, 2)}
        _settled(page)
        for place in ("far", "middle", "near"):
            for movement, move in (("pan", _panned), ("zoom", _zoomed)):
                page.evaluate("window.meter.run()")
                move(page, seconds)
                found[f"{place}, {movement}"] = _figures(page.evaluate("window.meter.stop()"))
                _settled(page)
            page.mouse.move(700, 450)
            for _ in range(8):
                page.mouse.wheel(0, -160)
            _settled(page)
        browser.close()
    return found


def measure() -> list[Row]:
    """Time for a frame, of the time that 30 frames a second leave."""
    allowed = Row(f"{WANTED_FPS:g} frames a second", round(1000 / WANTED_FPS, 2), "ms")
    found = frames()
    opening = Row("whole graph on canvas, 10,000 nodes: ready", found.pop("opening")["seconds"], "s")
    moving = [
        held(f"  {name}: a frame", 1000 / figures["fps"], "ms", allowed, 1) for name, figures in found.items()
    ]
    return [opening, *moving]
