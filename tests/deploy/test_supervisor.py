import io
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.errors import PartFailed
from deploy.local.parts import InProcess, Once, Part, Service
from deploy.local.process import Child, wait_until
from deploy.local.progress import Progress
from deploy.local.supervisor import Services, Supervisor

# Writes its name when it is asked to end, so that the order can be read.
POLITE = "trap 'echo {name} >> order.txt; exit 0' TERM; echo {name} is up; while :; do sleep 0.05; done"


class Stage:
    """A supervisor with its surroundings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = io.StringIO()
        self.described: list[Services] = []
        self.stop = False
        self.supervisor: Supervisor | None = None

    def of(self, *parts: Part) -> Supervisor:
        self.supervisor = Supervisor(
            parts, Progress(self.out), asked_to_stop=lambda: self.stop, describe=self.described.append
        )
        return self.supervisor

    def service(self, name: str, needs: tuple[str, ...] = ()) -> Service:
        log = self.folder / f"{name}.log"
        return Service(name, self.spawner(name), lambda: f"{name} is up" in log.read_text(), needs)

    def spawner(self, name: str) -> Callable[[], Child]:
        command = ["sh", "-c", POLITE.format(name=name)]
        return lambda: Child(command, {"PATH": os.environ["PATH"]}, self.folder, self.folder / f"{name}.log")

    def lines(self) -> list[str]:
        return [line.split()[0] for line in self.out.getvalue().splitlines()]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    if made.supervisor:
        made.supervisor.kill()


def test_parts_come_up_after_what_they_need(stage: Stage) -> None:
    supervisor = stage.of(
        stage.service("c", ("b",)),
        stage.service("b", ("a",)),
        InProcess("a", lambda: ""),
        InProcess("z", lambda: ""),
    )
    assert supervisor.start()
    names = stage.lines()
    assert [name for name in names if name != "z"] == ["a", "b", "c"]
    assert stage.described[-1]["c"]["state"] == "ready"
    assert " s" in stage.out.getvalue()


def test_the_last_one_is_asked_when_the_others_have_ended(stage: Stage) -> None:
    supervisor = stage.of(stage.service("last"), stage.service("one"), stage.service("two"))
    assert supervisor.start()
    supervisor.stop(last="last")
    order = (stage.folder / "order.txt").read_text().split()
    assert sorted(order) == ["last", "one", "two"]
    assert order[-1] == "last"


def test_a_request_to_stop_ends_the_start(stage: Stage) -> None:
    supervisor = stage.of(stage.service("a"), InProcess("never", lambda: "", ("nobody",)))
    stage.stop = True
    assert not supervisor.start()


def test_a_failure_is_passed_on_and_the_rest_can_be_stopped(stage: Stage) -> None:
    def fails() -> Child:
        return Child(["false"], {"PATH": os.environ["PATH"]}, stage.folder, stage.folder / "x.log")

    service = stage.service("a")
    supervisor = stage.of(service, Once("x", fails, ("a",)))
    with pytest.raises(PartFailed):
        supervisor.start()
    supervisor.stop(last="a")
    assert service.child is not None
    assert service.child.exit_status() is not None


def test_a_death_is_noticed_said_and_mended(stage: Stage) -> None:
    service = stage.service("a")
    supervisor = stage.of(service)
    supervisor.start()
    assert service.child is not None
    service.child.kill()

    def until_mended() -> None:
        stage.stop = "ready again" in stage.out.getvalue()

    supervisor.watch(also=until_mended)
    assert "starting it again in 1 s" in stage.out.getvalue()
    assert [described["a"]["state"] for described in stage.described[-3:]] == ["stopped", "starting", "ready"]


def test_a_death_while_others_still_start_is_mended_too(stage: Stage) -> None:
    first = stage.service("a")

    def kill_then_wait() -> str:
        assert first.child is not None
        first.child.kill()
        assert wait_until(lambda: "ready again" in stage.out.getvalue(), 20)
        return ""

    assert stage.of(first, InProcess("b", kill_then_wait, ("a",))).start()


def test_what_holds_up_nobody_starts_last_and_is_tended_then(stage: Stage) -> None:
    log = stage.folder / "slow.log"
    slow = Service(
        "slow", stage.spawner("slow"), lambda: "slow is up" in log.read_text(), ("a",), holds_up=False
    )
    supervisor = stage.of(slow, InProcess("a", lambda: ""))
    assert supervisor.start()
    assert stage.described[-1]["slow"]["state"] == "starting"
    supervisor.watch(also=lambda: setattr(stage, "stop", "slow" in stage.lines()))
    assert stage.described[-1]["slow"]["state"] == "ready"


def test_what_a_service_has_started_outlives_it_but_not_the_stack(stage: Stage) -> None:
    pids = stage.folder / "pids.txt"
    script = f"sleep 60 & echo $! >> {pids}; echo up; wait"
    log = stage.folder / "server.log"
    command = ["sh", "-c", script]

    def spawn() -> Child:
        return Child(command, {"PATH": os.environ["PATH"]}, stage.folder, log)

    server = Service("server", spawn, lambda: "up" in log.read_text(), is_outlived=True)
    supervisor = stage.of(server)
    assert supervisor.start()
    assert server.child is not None
    first, begun = server.child.pid, int(pids.read_text())
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: server.child is not None and server.child.exit_status() is not None, 10)
    supervisor.watch(also=lambda: setattr(stage, "stop", bool(server.left)))
    assert psutil.Process(begun).status() != psutil.STATUS_ZOMBIE
    assert first in supervisor.groups()
    supervisor.stop(last="none")
    assert wait_until(lambda: not psutil.pid_exists(begun), 10)
