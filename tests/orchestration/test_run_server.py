"""The run server: what it forks is whole, what it has loaded is current, and its death costs no run."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, job, op
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import LaunchRunContext, WorkerStatus

from orchestration.launcher import aftermath, freshness, warm
from orchestration.launcher.warm import WarmRunLauncher
from orchestration.lib import wire
from orchestration.lib.worker import WORKER_TAG, this_worker, worker_of
from tests.conftest import REPOSITORY

# A server that has loaded next to nothing, and whose runs only write down who they are.
SERVER = """
import logging, os, signal, sys, time
from pathlib import Path
from orchestration.launcher import freshness, server, worker

folder = Path(sys.argv[1])
logging.basicConfig(level=logging.INFO)

def work(request):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    (folder / request["run_id"]).write_text(str(os.getpid()))
    if request["job"] == "bad":
        os._exit(3)
    try:
        while request["job"] == "waits":
            time.sleep(0.05)
    except KeyboardInterrupt:
        (folder / request["run_id"]).write_text("interrupted")
    return 0

def note(name):
    return lambda *arguments: (folder / f"{name}-{'-'.join(map(str, arguments))}").write_text("seen")

from orchestration.launcher import aftermath
aftermath.after_worker, aftermath.after_server = note("after"), note("began")
worker.work = work
server.fingerprint = lambda: (folder / "fingerprint").read_text()
server.MODULE = "-"
os.execv = lambda *_: (folder / "again").write_text(os.environ[server.HANDED_ON]) and os._exit(0)
server.RunServer(folder / "runs.sock").serve()
"""


def until(check: Callable[[], Any], seconds: float = 15) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "fingerprint").write_text("one")
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], cwd=REPOSITORY)
    until((tmp_path / "runs.sock").exists)
    until(lambda: _answers(tmp_path))
    yield tmp_path
    process.terminate()
    process.wait(10)


def _answers(folder: Path) -> bool:
    try:
        return "worker" in ask(folder, kind="ping")
    except wire.Gone:
        return False


def ask(folder: Path, **message: Any) -> dict[str, Any]:
    return wire.ask(str(folder / "runs.sock"), message, 10)


def begin(folder: Path, run_id: str, job_name: str = "ends") -> str:
    worker = ask(folder, kind="run", run_id=run_id, job=job_name)["worker"]
    file = folder / run_id
    until(lambda: file.exists() and file.read_text() != "")
    return str(worker)


def test_each_run_is_a_process_of_its_own(folder: Path) -> None:
    workers = {begin(folder, f"run-{number}") for number in range(3)}
    assert len(workers) == 3
    pids = {(folder / f"run-{number}").read_text() for number in range(3)}
    assert pids == {worker.split(":")[1] for worker in workers}
    assert (folder / "began-").exists()
    until(lambda: ask(folder, kind="ping")["runs"] == [])
    assert not list(folder.glob("after-*"))


def test_a_run_that_ends_badly_is_seen_to(folder: Path) -> None:
    begin(folder, "run-bad", "bad")
    until((folder / "after-run-bad-3").exists)
    worker = begin(folder, "run-killed", "waits")
    os.kill(int(worker.split(":")[1]), signal.SIGKILL)
    until((folder / "after-run-killed--9").exists)


def test_it_tells_who_lives_and_interrupts_whom_it_is_told_to(folder: Path) -> None:
    worker = begin(folder, "run-1", "waits")
    assert ask(folder, kind="health", run_id="run-1", worker=worker) == {"alive": True}
    assert ask(folder, kind="health", run_id="run-0", worker="another-host:1:1.0") == {"alive": False}
    assert ask(folder, kind="stop", run_id="run-0") == {"stopped": False}
    assert ask(folder, kind="stop", run_id="run-1") == {"stopped": True}
    until(lambda: (folder / "run-1").read_text() == "interrupted")
    until(lambda: ask(folder, kind="health", run_id="run-1", worker=worker) == {"alive": False})


def test_its_death_costs_no_run(folder: Path) -> None:
    worker = begin(folder, "run-1", "waits")
    server = ask(folder, kind="ping")["worker"]
    os.kill(int(server.split(":")[1]), signal.SIGKILL)
    time.sleep(0.3)
    assert psutil.Process(int(worker.split(":")[1])).is_running()
    os.kill(int(worker.split(":")[1]), signal.SIGKILL)


def test_changed_code_is_loaded_before_the_next_run_with_socket_and_children(folder: Path) -> None:
    worker = begin(folder, "run-1", "waits")
    (folder / "fingerprint").write_text("two")
    with pytest.raises(wire.Gone):
        ask(folder, kind="ping")
    handed_on = (folder / "again").read_text()
    assert worker.split(":")[1] in handed_on
    assert "run-1" in handed_on
    os.kill(int(worker.split(":")[1]), signal.SIGKILL)


def test_nonsense_is_survived(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folder / "runs.sock"))
        connection.sendall(b"\xff\xff\xff\xff nonsense")
    assert begin(folder, "run-1")


def test_the_fingerprint_follows_code_and_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages, code = tmp_path / "packages", tmp_path / "core"
    packages.mkdir()
    code.mkdir()
    (code / "a.py").write_text("1")
    monkeypatch.setattr(freshness.sysconfig, "get_path", lambda _: str(packages))
    monkeypatch.setattr(freshness, "REPOSITORY", tmp_path)
    monkeypatch.setattr(freshness, "ROOMS", ("core",))
    seen = [freshness.fingerprint(), freshness.fingerprint()]
    os.utime(code / "a.py", (1, 1))
    seen.append(freshness.fingerprint())
    (packages / "dbt_other-1.0.dist-info").mkdir()
    seen.append(freshness.fingerprint())
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3


def test_what_runs_are_forked_from_has_no_thread_and_its_forks_parse_with_threads() -> None:
    """The static parser of dbt starts threads, which a fork of a process that has used it would wait for."""
    code = (
        "import os, signal\n"
        "from orchestration.launcher.warmth import warm_up\n"
        "warm_up()\n"
        "assert len(os.listdir('/proc/self/task')) == 1\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    signal.alarm(30)\n"
        "    from dbt_extractor import py_extract_from_source\n"
        "    py_extract_from_source('''select * from {{ ref('a') }}''')\n"
        "    os._exit(0)\n"
        "print('status', os.waitpid(pid, 0)[1])\n"
    )
    environment = {**os.environ, "DATABASE_URL": "postgresql://nobody@localhost/none"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "status 0" in done.stdout, done.stderr


# The launcher, with an instance of Dagster.


@op
def nothing() -> None:
    return None


@job
def small() -> None:
    nothing()


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as found:
        yield found


def launcher_at(folder: Path, instance: DagsterInstance) -> WarmRunLauncher:
    launcher = WarmRunLauncher(str(folder / "runs.sock"))
    launcher.register_instance(instance)
    return launcher


def a_run(instance: DagsterInstance, status: DagsterRunStatus = DagsterRunStatus.STARTED) -> DagsterRun:
    return instance.create_run_for_job(small, status=status)


def test_a_launched_run_carries_its_worker_and_is_interrupted(
    folder: Path, instance: DagsterInstance
) -> None:
    run, launcher = a_run(instance), launcher_at(folder, instance)
    launcher.launch_run(LaunchRunContext(run, None))
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    until((folder / run.run_id).exists)
    assert found.tags[WORKER_TAG].split(":")[1] == (folder / run.run_id).read_text()


def test_without_a_server_the_run_goes_back_into_the_queue(
    tmp_path: Path, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "PAUSE_SECONDS", 0.01)
    launcher = launcher_at(tmp_path, instance)
    with pytest.raises(DagsterUserCodeUnreachableError, match="run server does not answer"):
        launcher.launch_run(LaunchRunContext(a_run(instance), None))


def test_health_is_that_of_the_process(folder: Path, instance: DagsterInstance) -> None:
    launcher = launcher_at(folder, instance)

    def health(worker: str | None) -> WorkerStatus:
        run = instance.create_run_for_job(small, tags={} if worker is None else {WORKER_TAG: worker})
        return launcher.check_run_worker_health(run).status

    with subprocess.Popen(["sleep", "60"]) as other:
        worker = worker_of(other.pid)
        assert health(worker) is WorkerStatus.RUNNING
        other.kill()
        other.wait()
    assert health(worker) is WorkerStatus.FAILED
    assert health(None) is WorkerStatus.RUNNING
    assert health(this_worker()) is WorkerStatus.RUNNING
    assert health("another-host:1:1.0") is WorkerStatus.FAILED
    elsewhere = launcher_at(folder / "none", instance)
    run = instance.create_run_for_job(small, tags={WORKER_TAG: "another-host:1:1.0"})
    assert elsewhere.check_run_worker_health(run).status is WorkerStatus.RUNNING


def test_only_a_run_that_has_not_ended_is_interrupted(folder: Path, instance: DagsterInstance) -> None:
    launcher = launcher_at(folder, instance)
    worker = begin(folder, "stand-in", "waits")
    run = instance.create_run_for_job(small, tags={WORKER_TAG: worker}, status=DagsterRunStatus.STARTED)
    assert launcher.terminate(run.run_id)
    until(lambda: (folder / "stand-in").read_text() == "interrupted")
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    assert found.status is DagsterRunStatus.CANCELING
    ended = a_run(instance, DagsterRunStatus.SUCCESS)
    assert not launcher.terminate(ended.run_id)
    assert not launcher.terminate("no-such-run")


@pytest.mark.parametrize(
    ("code", "said"),
    [(-9, "killed (signal 9)"), (-15, "signal 15 (Terminated)"), (3, "code 3"), (None, "is gone")],
)
def test_how_a_worker_ended_is_said_in_words(code: int | None, said: str) -> None:
    assert said in aftermath.in_words(code)
