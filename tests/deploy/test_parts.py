import errno
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deploy.local.errors import PartFailed
from deploy.local.parts import (
    LOOK_EVERY,
    RESTART_AT,
    Event,
    Gate,
    InProcess,
    Once,
    Part,
    Service,
    ending,
)
from deploy.local.probes import has_children
from deploy.local.process import Child, wait_until

Spawn = Callable[..., Callable[[], Child]]


@pytest.fixture
def spawn(tmp_path: Path) -> Spawn:
    def for_command(*command: str) -> Callable[[], Child]:
        return lambda: Child(command, {"PATH": os.environ["PATH"]}, tmp_path, tmp_path / "part.log")

    return for_command


def up(part: Part) -> Part:
    part.start()
    assert wait_until(part.poll, 10)
    return part


def event_of(service: Service) -> Event:
    seen: list[Event] = []

    def look() -> bool:
        event = service.tend()
        seen.extend([event] if event else [])
        return bool(seen)

    assert wait_until(look, 10)
    return seen[0]


def test_work_in_this_process_says_what_it_returned() -> None:
    assert up(InProcess("x", lambda: "three things")).note == "three things"


def test_work_that_fails_raises_on_the_main_thread() -> None:
    def fail() -> str:
        raise PartFailed("no")

    part = InProcess("x", fail)
    part.start()
    with pytest.raises(PartFailed, match="no"):
        wait_until(part.poll, 10)


def test_a_process_that_ends_well_is_done(spawn: Spawn) -> None:
    assert up(Once("x", spawn("true"), note=lambda: "made")).note == "made"


def test_a_process_that_is_not_needed_is_not_started(spawn: Spawn) -> None:
    part = Once("x", spawn("false"), spare=lambda: "unchanged")
    assert up(part).note == "unchanged"
    assert part.child is None


def test_a_process_that_ends_badly_says_its_last_words(spawn: Spawn) -> None:
    part = Once("x", spawn("sh", "-c", "echo out of paper; exit 3"))
    part.start()
    with pytest.raises(
        PartFailed, match=r"x did not start: it ended with status 3 \(out of paper\)\."
    ) as failure:
        wait_until(part.poll, 10)
    assert "part.log" in str(failure.value.hint)


def test_a_service_that_dies_before_it_answers_is_given_up_after_three_tries(
    spawn: Spawn, tmp_path: Path
) -> None:
    service = Service("x", spawn("sh", "-c", "exit 1"), lambda: False)
    service.start()
    with pytest.raises(PartFailed, match="x did not start: it ended with status 1"):
        wait_until(service.poll, 10)
    assert (tmp_path / "part.log").read_text().count("-c exit 1") == 3


def test_a_service_is_ready_when_it_answers(spawn: Spawn) -> None:
    answers = iter([False, False, True])
    service = Service("x", spawn("sleep", "600"), lambda: next(answers))
    up(service)
    assert service.tend() is None
    assert service.child is not None
    service.child.kill()


def test_a_dead_service_is_started_again_after_longer_and_longer_pauses(spawn: Spawn) -> None:
    now = [0.0]
    service = Service("x", spawn("sleep", "600"), lambda: True, clock=lambda: now[0])
    up(service)
    pauses: list[str] = []
    for _ in range(7):
        assert service.child is not None
        service.child.kill()
        pauses.append(event_of(service).note.split("again in ")[1].split(" s")[0])
        now[0] += 31
        assert [event_of(service).state, event_of(service).state] == ["starting", "again"]
    assert pauses == ["1", "2", "4", "8", "16", "30", "30"]
    now[0] += 61
    assert service.child is not None
    service.child.kill()
    assert "; starting it again in 1 s" in event_of(service).note


def test_a_dead_service_waits_its_pause(spawn: Spawn) -> None:
    now = [0.0]
    service = Service("x", spawn("sleep", "600"), lambda: True, clock=lambda: now[0])
    up(service)
    first = service.child
    assert first is not None
    first.kill()
    event_of(service)
    now[0] += 0.9
    assert service.tend() is None
    assert service.child is first
    now[0] += 0.2
    assert event_of(service) == Event("starting", "")
    assert event_of(service) == Event("again", "ready again", 0.0)
    assert service.child is not first
    assert service.child is not None
    service.child.kill()


def test_a_service_that_cannot_be_started_again_is_tried_later(spawn: Spawn) -> None:
    now = [0.0]
    disk_is_full = [False]

    def start() -> Child:
        if disk_is_full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return spawn("sleep", "600")()

    service = Service("x", start, lambda: True, clock=lambda: now[0])
    up(service)
    assert service.child is not None
    service.child.kill()
    event_of(service)
    disk_is_full[0] = True
    now[0] += 1.1
    assert "No space left on device); starting it again in 2 s" in event_of(service).note
    disk_is_full[0] = False
    now[0] += 2.1
    assert [event_of(service).state, event_of(service).state] == ["starting", "again"]
    service.child.kill()


def test_a_service_that_began_too_early_is_held_and_released(spawn: Spawn) -> None:
    service = Service("x", spawn("sleep", "600"), lambda: True)
    service.start()
    early = service.child
    service.hold()
    assert early is not None
    assert early.exit_status() is not None
    assert not service.poll()
    service.release()
    assert wait_until(service.poll, 10)
    assert service.child is not early
    assert service.child is not None
    service.child.kill()


def test_only_what_was_started_is_held_and_released(spawn: Spawn) -> None:
    service = Service("x", spawn("sleep", "600"), lambda: True)
    service.hold()
    service.release()
    assert service.child is None


def test_a_gate_opens_with_the_answer() -> None:
    answers = iter([False, True])
    up(Gate("all", lambda: next(answers), ()))


def test_ends_in_words() -> None:
    assert ending(2) == "ended with status 2"
    assert ending(-9) == "killed by signal 9"


def looks_of(spawn: Spawn, whole: list[bool]) -> tuple[list[Event], list[str], Service]:
    now = [0.0]
    mended: list[str] = []
    service = Service(
        "x",
        spawn("sleep", "600"),
        lambda: True,
        clock=lambda: now[0],
        whole=lambda _pid: whole.pop(0),
        mend=lambda: mended.append("asked"),
    )
    up(service)
    events: list[Event] = []
    while whole:
        now[0] += LOOK_EVERY
        event = service.tend()
        events += [event] if event else []
    return events, mended, service


def test_a_service_that_lost_a_process_of_its_own_is_asked_to_mend_itself(spawn: Spawn) -> None:
    events, mended, service = looks_of(spawn, [True, False, True, False, False, False, True])
    assert [event.state for event in events] == ["mending", "again"]
    assert wait_until(lambda: mended == ["asked"], 5)
    assert service.child is not None
    assert service.child.exit_status() is None
    service.child.kill()


def test_a_service_that_does_not_mend_itself_is_started_again(spawn: Spawn) -> None:
    events, _, service = looks_of(spawn, [False] * RESTART_AT)
    assert [event.state for event in events] == ["mending", "stopped"]
    assert service.child is not None
    assert service.child.exit_status() is not None


def test_children_that_live_are_seen_and_dead_ones_are_not() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 600 & wait"], start_new_session=True) as shell:
        assert wait_until(lambda: has_children(shell.pid), 10)
        os.kill(psutil.Process(shell.pid).children()[0].pid, signal.SIGKILL)
        assert shell.wait(10) is not None
    assert not has_children(shell.pid)
