import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from deploy.local.process import LARGEST_LOG, Child, rotate, wait_until

ENVIRONMENT = {"PATH": os.environ["PATH"]}
FAMILY = """
import subprocess, time
print(subprocess.Popen(["sleep", "600"], start_new_session={new}).pid, flush=True)
time.sleep(600)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""
SUPERVISOR = """
import time
from pathlib import Path
from deploy.local.process import Child
print(Child(["sleep", "600"], {environment!r}, Path.cwd(), Path({log!r})).pid, flush=True)
time.sleep(600)
"""


def child(tmp_path: Path, *command: str) -> Child:
    return Child(command, ENVIRONMENT, tmp_path, tmp_path / "child.log")


def grandchild_of(process: Child) -> int:
    assert wait_until(lambda: process.last_line().isdigit(), 10)
    return int(process.last_line())


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("new_session", [True, False])
def test_what_a_child_has_started_ends_with_it(tmp_path: Path, *, new_session: bool) -> None:
    process = child(tmp_path, sys.executable, "-c", FAMILY.format(new=new_session))
    grandchild = grandchild_of(process)
    process.ask_to_stop()
    assert process.wait(5)
    process.kill()
    assert wait_until(lambda: gone(grandchild), 5)


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    process = child(tmp_path, sys.executable, "-c", DEAF)
    assert wait_until(lambda: process.last_line() == "deaf", 10)
    process.ask_to_stop()
    assert not process.wait(0.3)
    process.kill()
    assert process.exit_status() == -signal.SIGKILL


def test_a_child_is_out_of_reach_of_the_terminal(tmp_path: Path) -> None:
    process = child(tmp_path, "sleep", "600")
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux only")
def test_kill_9_of_the_supervisor_leaves_nobody(tmp_path: Path) -> None:
    program = SUPERVISOR.format(environment=ENVIRONMENT, log=str(tmp_path / "child.log"))
    supervisor = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    assert not gone(pid)
    supervisor.kill()
    supervisor.communicate()
    assert wait_until(lambda: gone(pid), 5)


def test_only_a_large_log_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    rotate(log)
    log.write_text("small")
    rotate(log)
    assert log.exists()
    with log.open("wb") as file:
        file.truncate(LARGEST_LOG + 1)
    rotate(log)
    assert not log.exists()
    assert (tmp_path / "api.log.1").exists()


def test_waiting_gives_up() -> None:
    began = time.monotonic()
    assert not wait_until(lambda: False, 0.1)
    assert time.monotonic() - began < 2
