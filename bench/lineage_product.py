"""Column lineage inside the product: what a change costs, and how soon pages answer over large projects."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

import httpx

from bench.access import serving
from bench.catalog import House, house
from bench.projects import COLUMN_NAMES, Project
from bench.report import Row, held
from core.environments import service as environments
from core.lineage.tracing.service import trace_environment
from core.workspaces import service as workspaces

SMALL, MIDDLE, LARGE = 100, 5_000, 10_000
ASKED: Final = 40
ALLOWED: Final = Row("allowed", 100.0, "ms")
# A column that is put together from those of all parents, and so has thousands of ancestors.
DEEP: Final = COLUMN_NAMES[2]
# The place of a model whose column has a few more than 5,000.
ABOVE_5_000: Final = 6_600


def measure() -> list[Row]:
    """First what tracing costs, then what reading does."""
    with house() as here:
        rows = _changes(here)
    with house() as another:
        return rows + _answers(another)


def _trace(here: House, key: str) -> tuple[float, dict[str, Any]]:
    """Seconds and outcome of the process that brings lineage up to the catalog, from its start to its end."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "core.lineage.tracing", str(_environment(here, key))],
        env={**os.environ, "DATABASE_URL": here.url},
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - began, json.loads(done.stdout)


def _trace_on_the_way(here: House, key: str) -> float:
    """Seconds that the end of a run takes longer, whose artifacts change one model."""
    began = time.perf_counter()
    outcome = trace_environment(here.db, _environment(here, key))
    if outcome is None or outcome.computed != 1:
        raise RuntimeError(f"{outcome} instead of one model")
    return time.perf_counter() - began


def _environment(here: House, key: str) -> int:
    with here.db.session() as session:
        return environments.ensure(session, workspaces.require(session, key).id, "default").id


def _changes(here: House) -> list[Row]:
    here.add("changing")
    target = here.folder / "changing"
    project = Project(MIDDLE)
    project.write(target)
    here.take("changing", target)
    seconds, outcome = _trace(here, "changing")
    if outcome["computed"] != MIDDLE:
        raise RuntimeError(f"{outcome} instead of {MIDDLE} models")
    cold = Row(f"lineage of {MIDDLE:,} models, cold", round(seconds, 2), "s")
    took: list[float] = []
    for turn in range(1, 4):
        project.change(1 / MIDDLE, turn)
        project.write(target)
        here.take("changing", target)
        took.append(_trace_on_the_way(here, "changing"))
    return [cold, held("  1 model changed", min(took), "s", cold, 0.02)]


def _answers(here: House) -> list[Row]:
    for models in (SMALL, LARGE):
        here.add(f"w{models}")
        target = here.folder / str(models)
        Project(models).write(target)
        here.take(f"w{models}", target)
        _trace(here, f"w{models}")
    with serving(here.url, here.folder, login=False) as address:
        rows = _walks(f"{address}/api/workspaces/w{LARGE}")
        first = [_first_paint(f"{address}/api/workspaces/w{models}", models) for models in (SMALL, LARGE)]
        few = Row(f"page around a node, {SMALL} models, median", round(first[0], 1), "ms")
        rows += [few, held(f"page around a node, {LARGE:,} models, median", first[1], "ms", few, 2)]
        return rows + _whole(f"{address}/api/workspaces/w{LARGE}")


@contextmanager
def _client() -> Generator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=120) as client:
        yield client


def _milliseconds(client: httpx.Client, url: str) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = client.get(url)
    taken = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return taken, answer.json()


def _median(client: httpx.Client, url: str) -> float:
    return statistics.median(_milliseconds(client, url)[0] for _ in range(ASKED))


def _walks(address: str) -> list[Row]:
    model = list(Project(LARGE).catalog["nodes"])[ABOVE_5_000]
    url = f"{address}/models/{quote(model)}/columns/{DEEP}/lineage?direction=up"
    with _client() as client:
        _, found = _milliseconds(client, url)
        ancestors = found["totals"]["columns"]
        name = f"upstream of a column with {ancestors:,} ancestors, median"
        rows = [held(name, _median(client, url), "ms", ALLOWED, 1)]
        near = f"{address}/models/{quote(model)}/columns/{DEEP}/lineage?direction=up&steps=1"
        return [Row("upstream of the same, one step, median", round(_median(client, near), 1), "ms"), *rows]


def _first_paint(address: str, models: int) -> float:
    model = list(Project(models).catalog["nodes"])[models // 2]
    with _client() as client:
        return _median(client, f"{address}/models/{quote(model)}/lineage")


def _whole(address: str) -> list[Row]:
    with _client() as client:
        cold, graph = _milliseconds(client, f"{address}/lineage/graph")
        name = f"whole graph, {len(graph['nodes']['id']):,} nodes, {len(graph['edges']) // 2:,} edges"
        again, _ = _milliseconds(client, f"{address}/lineage/graph")
        first = Row(f"{name}, first time", round(cold, 0), "ms")
        return [first, held("  again", again, "ms", first)]
