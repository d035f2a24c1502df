"""dbt as a forked child: it looks like a process of its own, and ends like one."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from core.runs.dbt_process import dbt_executable
from orchestration.lib import children, wire
from orchestration.lib.children import Forked, Nursery


def pretend(words: Sequence[str]) -> int:
    """What stands for dbt here: its words say what it does."""
    match list(words[1:]):
        case ["show"]:
            names = [path.name for path in Path("/proc/self/fd").iterdir()]
            seen = {"env": dict(os.environ), "cwd": str(Path.cwd()), "pid": os.getpid(), "fds": names}
            os.write(1, json.dumps(seen).encode() + b"\n")
            return 0
        case ["wait"]:
            os.write(1, b"waiting\n")
            try:
                time.sleep(60)
            except KeyboardInterrupt:
                os.write(2, b"interrupted\n")
                return 3
            return 0
        case ["break"]:
            raise ValueError("no such luck")
        case ["much"]:
            for number in range(20_000):
                os.write(1, f"line {number}\n".encode())
            return 0
        case _:
            return 7


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    found = Nursery.open(pretend, "testrun1")
    yield found
    os.kill(found.pid, signal.SIGKILL)
    os.waitpid(found.pid, 0)


def spawn(nursery: Nursery, word: str, env: dict[str, str] | None = None, cwd: str = "/") -> Forked:
    return nursery.spawn(["dbt", word], env or {}, cwd)


def said(process: Forked) -> str:
    assert process.stdout is not None
    with process.stdout as output:
        return output.read().decode()


def test_it_has_the_environment_folder_and_files_that_it_was_given_and_no_others(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_PARENT", "secret")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with (tmp_path / "opened later").open("w"):
        process = spawn(nursery, "show", {"ONLY": "this"}, str(tmp_path))
        seen = json.loads(said(process))
    assert (seen["env"], seen["cwd"]) == ({"ONLY": "this"}, str(tmp_path))
    assert process.wait(10) == 0
    assert seen["pid"] == process.pid != os.getpid()
    # Three of its own, the folder that it lists, and what this process had open when the nursery was forked.
    assert {"0", "1", "2"} <= set(seen["fds"])
    assert len(seen["fds"]) <= before + 1


def test_one_after_another_each_with_its_own_end(nursery: Nursery) -> None:
    first = spawn(nursery, "unknown")
    assert (first.wait(10), first.poll(), first.returncode) == (7, 7, 7)
    second = spawn(nursery, "break")
    assert "no such luck" in said(second)
    assert second.wait(10) == 1
    # An end that nobody asked for does not stand in the way of the next.
    said(spawn(nursery, "show"))
    third = spawn(nursery, "much")
    assert said(third).count("\n") == 20_000
    assert third.wait(10) == 0


def test_it_can_be_interrupted_and_killed(nursery: Nursery) -> None:
    process = spawn(nursery, "wait")
    assert process.stdout is not None
    assert process.stdout.readline() == b"waiting\n"
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 3
    assert said(process) == "interrupted\n"
    killed = spawn(nursery, "wait")
    assert killed.stdout is not None
    killed.stdout.readline()
    killed.kill()
    assert killed.wait(10) == -signal.SIGKILL
    killed.send_signal(signal.SIGINT)


def test_when_the_nursery_is_killed_dbt_is_interrupted_and_counts_as_killed() -> None:
    nursery = Nursery.open(pretend, "testrun2")
    process = spawn(nursery, "wait")
    assert process.stdout is not None
    process.stdout.readline()
    os.kill(nursery.pid, signal.SIGKILL)
    os.waitpid(nursery.pid, 0)
    assert process.wait(10) == -signal.SIGKILL
    assert said(process) == "interrupted\n"
    with pytest.raises(OSError, match="the process that starts dbt is gone"):
        spawn(nursery, "show")


def test_processes_are_named_after_their_run(nursery: Nursery) -> None:
    process = spawn(nursery, "wait")
    assert process.stdout is not None
    process.stdout.readline()
    assert psutil.Process(process.pid).name() == "dbt testrun1"
    assert psutil.Process(nursery.pid).name() == "nest testrun1"
    process.kill()
    process.wait(10)


def test_dbt_of_another_installation_is_started_as_a_program(nursery: Nursery, tmp_path: Path) -> None:
    other = tmp_path / "dbt"
    other.write_text(f"#!{sys.executable}\nprint('another')\n")
    other.chmod(0o755)
    children.use_nursery(nursery)
    try:
        ours = children.spawn_dbt([dbt_executable(), "show"], {"ONLY": "this"}, "/")
        theirs = children.spawn_dbt([str(other)], {}, "/")
    finally:
        children.use_nursery(None)
    assert isinstance(ours, Forked)
    assert isinstance(theirs, subprocess.Popen)
    assert theirs.stdout is not None
    with theirs.stdout as output:
        assert output.read() == b"another\n"
    assert theirs.wait(10) == 0
    said(ours)


def test_messages_arrive_whole_or_not_at_all(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    large = {"text": "ä" * 300_000}
    sender = threading.Thread(target=wire.send, args=(ours, large))
    sender.start()
    assert wire.receive(theirs) == (large, [])
    sender.join()
    ours.sendall(b"\0\0\0\x05{")
    ours.close()
    with pytest.raises(wire.Gone, match="in the middle"):
        wire.receive(theirs)
    with pytest.raises(wire.Gone, match="No such file"):
        wire.ask(str(tmp_path / "none.sock"), {"kind": "ping"}, 1)
