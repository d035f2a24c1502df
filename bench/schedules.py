"""Many triggers due at the same minute, and many workspaces in one code location."""

import os
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
import yaml

from bench.catalog import House, house
from bench.projects import Project
from bench.report import Row, held
from core.environments import service as environments
from core.schedules.models import Job, Trigger
from core.workspaces import service as workspaces
from core.workspaces.service import Registration
from deploy.local.database import dagster_url
from deploy.local.environment import LARGEST_MESSAGE
from deploy.local.layout import DAGSTER_YAML, REPOSITORY, WORKSPACE_YAML

MODELS: Final = 1_000
DUE_WORKSPACES, DUE_TRIGGERS = 10, 100
MANY, SCHEDULES = 50, 10
PATIENCE: Final = 300.0
# Until the minute that they are due at: everything has to be loaded and seen by then.
AHEAD: Final = timedelta(minutes=5)
MINUTE: Final = Row("a minute", 60.0, "s")
# A doubled run would come with the next iteration of Dagster's scheduler, a minute later.
NO_MORE_AFTER: Final = 75.0

# What the code server does before it answers: the definitions, and all that it tells of them.
LOAD: Final = """
from orchestration.definitions import defs
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster._serdes import serialize_value
repository = defs.get_repository_def()
told = RepositorySnap.from_def(repository, defer_snapshots=True)
serialize_value(told)
built = [node for node in told.asset_nodes if node.is_materializable]
ours = [schedule for schedule in told.schedules if "__cron_" in schedule.name]
print(len({node.group_name for node in built}), len(built), len(ours))
"""
QUEUED: Final = """
select count(*), count(distinct t.value),
 max(extract(epoch from r.update_timestamp at time zone 'UTC'))::float8
from dagster.runs r join dagster.run_tags t on t.run_id = r.run_id and t.key = 'workbench/trigger'
where r.status = 'QUEUED'
"""


@dataclass
class Installation:
    """A database, a data folder, and what Dagster's processes need to know of them."""

    here: House
    environment: dict[str, str]
    manifest: str

    def add(self, key: str, triggers: int, expression: str) -> None:
        """A workspace of a thousand models with so many jobs, each with one cron trigger."""
        with self.here.db.session() as session:
            workspace = workspaces.add(
                session, workspaces.STARTED_BY, Registration(key, key, str(self.here.folder), "")
            )
            workspace.manifest_digest = self.manifest
            environment = environments.ensure(session, workspace.id, "prod")
            environment.in_profile, environment.adapter_type = True, "postgres"
            for number in range(triggers):
                job = Job(
                    workspace_id=workspace.id,
                    key=f"job_{number}",
                    name=f"Job {number}",
                    steps=[{"command": "build", "options": {"select": ["tag:nightly"]}}],
                    created_by="bench",
                    updated_by="bench",
                )
                session.add(job)
                session.flush()
                settings = {"expression": expression, "timezone": "UTC", "missed": "skip"}
                session.add(Trigger(job_id=job.id, kind="cron", settings=settings))

    def spoil(self, key: str) -> None:
        """Break the manifest of one workspace."""
        with self.here.db.session() as session:
            broken = self.here.folder / "broken.json"
            broken.write_text('{"nodes": ')
            workspaces.require(session, key).manifest_digest = self.here.store.put(broken).digest

    def start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """A process of this installation; what it says is in a file of this name."""
        log = (self.here.folder / f"{name}.log").open("wb")
        return subprocess.Popen(
            [sys.executable, *words],
            env=self.environment,
            cwd=REPOSITORY,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def ask(self, query: str) -> tuple[Any, ...]:
        """One row of the database."""
        with psycopg.connect(self.here.url) as connection:
            return connection.execute(query).fetchone() or ()  # pyright: ignore[reportArgumentType, reportCallIssue] - ours


@contextmanager
def installation() -> Generator[Installation]:
    """An installation without workspaces, gone afterwards. No run of it is ever started."""
    with house() as here:
        home, data = here.folder / "dagster", here.folder / "data"
        home.mkdir()
        config = yaml.safe_load(DAGSTER_YAML.read_text())
        config["concurrency"]["runs"]["max_concurrent_runs"] = 0
        (home / "dagster.yaml").write_text(yaml.safe_dump(config))
        environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
            "PYTHONPATH": str(REPOSITORY),
            "DATABASE_URL": here.url,
            "DAGSTER_POSTGRES_URL": dagster_url(here.url),
            "DAGSTER_HOME": str(home),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "DAGSTER_GRPC_MAX_RX_BYTES": LARGEST_MESSAGE,
            "DAGSTER_GRPC_MAX_SEND_BYTES": LARGEST_MESSAGE,
            "WORKBENCH_DATA": str(data),
            "WORKBENCH_CODE_SOCKET": str(home / "code.sock"),
            "WORKBENCH_RUN_SOCKET": str(home / "runs.sock"),
        }
        target = here.folder / "target"
        project = Project(MODELS)
        _add_maps(project)
        project.write(target)
        found = Installation(here, environment, here.store.put(target / "manifest.json").digest)
        subprocess.run(
            [sys.executable, "-m", "deploy.local.init_dagster"], env=environment, cwd=REPOSITORY, check=True
        )
        yield found


def _add_maps(project: Project) -> None:
    """What dbt also writes, and Dagster reads: who is built on whom."""
    manifest = project.manifest
    everything = [*manifest["nodes"], *manifest["sources"]]
    parents: dict[str, list[str]] = {key: [] for key in everything}
    children: dict[str, list[str]] = {key: [] for key in everything}
    for key, node in manifest["nodes"].items():
        parents[key] = list(node["depends_on"]["nodes"])
        for parent in parents[key]:
            children[parent].append(key)
    manifest |= {"parent_map": parents, "child_map": children}
    manifest |= {
        name: {} for name in ("groups", "semantic_models", "saved_queries", "unit_tests", "selectors")
    }


def measure() -> list[Row]:
    """The minute, then the load."""
    with installation() as one:
        rows = _same_minute(one)
    with installation() as other:
        return rows + _load(other)


def _same_minute(one: Installation) -> list[Row]:
    due = (datetime.now(UTC) + AHEAD).replace(second=0, microsecond=0)
    count = DUE_WORKSPACES * DUE_TRIGGERS
    for number in range(DUE_WORKSPACES):
        one.add(f"space_{number}", DUE_TRIGGERS, f"{due.minute} {due.hour} * * *")
    with _serving(one) as (code_server, daemon):
        _until(lambda: one.ask("select count(*) from dagster.instigators")[0] >= count, "seen by the daemon")
        if datetime.now(UTC) >= due:
            raise RuntimeError("loading took longer than there was time for")
        time.sleep((due - datetime.now(UTC)).total_seconds())
        before = [_cpu(process) for process in (code_server, daemon)]
        _until(lambda: (one.ask(QUEUED)[0] or 0) >= count, "queued")
        spent = [_cpu(process) - was for process, was in zip((code_server, daemon), before, strict=True)]
        time.sleep(max(0.0, NO_MORE_AFTER - (datetime.now(UTC) - due).total_seconds()))
        runs, triggers, last = one.ask(QUEUED)
    wanted = Row("triggers", float(count), "")
    rows = [
        held(
            f"{count:,} triggers due at once: the last is queued after",
            last - due.timestamp(),
            "s",
            MINUTE,
            1.0,
        ),
        wanted,
        held("runs that came of them", float(runs), "", wanted, 1.0),
        held("triggers that have one", float(triggers), "", wanted, 1.0),
        Row("processor time of the code server", round(spent[0], 1), "s"),
        Row("processor time of the daemon", round(spent[1], 1), "s"),
    ]
    if runs != count or triggers != count:
        raise RuntimeError(f"{runs} runs of {triggers} triggers came of {count}")
    return rows


@contextmanager
def _serving(one: Installation) -> Generator[Sequence[subprocess.Popen[bytes]]]:
    socket = one.environment["WORKBENCH_CODE_SOCKET"]
    words = ["-m", "dagster", "code-server", "start", "--socket", socket, "--location-name", "workbench"]
    with ExitStack() as stack:
        code_server = one.start("code-server", *words, "-m", "orchestration.definitions")
        stack.callback(_end, code_server)
        _until(Path(socket).exists, "served")
        daemon = one.start("daemon", "-m", "orchestration.daemon", str(WORKSPACE_YAML))
        stack.callback(_end, daemon)
        yield code_server, daemon


def _until(holds: Any, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not {what} within {PATIENCE:.0f} s")
        time.sleep(0.25)


def _cpu(process: subprocess.Popen[bytes]) -> float:
    """Of a process and those that it started, in seconds."""
    root = psutil.Process(process.pid)
    times = [one.cpu_times() for one in (root, *root.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def _end(process: subprocess.Popen[bytes]) -> None:
    family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
    for left in family:
        if left.is_running():
            left.kill()


def _load(one: Installation) -> list[Row]:
    one.add("space_0", SCHEDULES, "0 4 * * *")
    _loaded(one)  # compiles what Python has not compiled yet
    single = Row(f"load of one workspace of {MODELS:,} models", round(_loaded(one)[0], 2), "s")
    for number in range(1, MANY):
        one.add(f"space_{number}", SCHEDULES, "0 4 * * *")
    seconds, found = _loaded(one)
    if found != [MANY, MANY * MODELS, MANY * SCHEDULES]:
        raise RuntimeError(f"{found} groups, assets and schedules were loaded")
    one.spoil("space_7")
    _, left = _loaded(one)
    whole = Row("workspaces beside a broken one", float(MANY - 1), "")
    return [
        single,
        held(f"load of {MANY} such, and {MANY * SCHEDULES} schedules", seconds, "s", single, 10.0),
        held("of these loaded", float(left[0]), "", whole, 1.0),
    ]


def _loaded(one: Installation) -> tuple[float, list[int]]:
    """Seconds from the start of the process to its end; groups of assets, assets and schedules."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        env=one.environment,
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return time.perf_counter() - began, [int(word) for word in done.stdout.split()[-3:]]
