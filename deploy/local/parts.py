"""The kinds of parts a start is made of: work in this process, a process that ends, a process that stays."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from deploy.local.errors import PartFailed
from deploy.local.process import Child

T = TypeVar("T")

START_ATTEMPTS = 3
START_PATIENCE = 180.0
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
# A service that stays up this long has recovered: its next death starts the pauses anew.
RECOVERED_AFTER = 60.0
# How often a service is looked at for what it cannot do without; after how many bad looks it is asked to mend
# itself, and after how many it is started again, which costs what runs in it.
LOOK_EVERY = 3.0
MEND_AT, RESTART_AT = 2, 12


class Background(Generic[T]):
    """A function that runs in a thread, and its result."""

    def __init__(self, action: Callable[[], T]) -> None:
        self._action = action
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return not self._thread.is_alive()

    def result(self) -> T:
        """What it returned; raises what it raised. Waits if need be."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._action())
        except BaseException as error:  # noqa: BLE001  handed to whoever asks for the result
            self._error = error


class Question:
    """A question that is asked in a thread, over and over, so that a slow answer holds nothing up."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._asking: Background[bool] | None = None

    def answer(self) -> bool:
        """The answer, if it has come and is yes."""
        if self._asking is None:
            self._asking = Background(self._ask)
        if not self._asking.done():
            return False
        asked, self._asking = self._asking, None
        return asked.result()


class Part:
    """Something that must be up, or over, before the address is printed."""

    outcome = "done"
    # Whether the address waits for it.
    holds_up = True

    def __init__(self, name: str, needs: Iterable[str] = ()) -> None:
        self.name = name
        self.needs = frozenset(needs)
        self.note = ""
        self.began = 0.0

    def start(self) -> None:
        """Begin. Called once, on the main thread, when everything it needs is up."""
        raise NotImplementedError

    def poll(self) -> bool:
        """Whether it is up or over. Raises `PartFailed` when it cannot come up."""
        raise NotImplementedError


class InProcess(Part):
    """Work of this process, in a thread; what it returns is said at the end of its line."""

    def __init__(
        self, name: str, action: Callable[[], str], needs: Iterable[str] = (), *, outcome: str = "done"
    ) -> None:
        super().__init__(name, needs)
        self.outcome = outcome
        self._action = action
        self._running: Background[str] | None = None

    def start(self) -> None:
        """Begin the work."""
        self._running = Background(self._action)

    def poll(self) -> bool:
        """Whether the work is over."""
        if self._running is None or not self._running.done():
            return False
        self.note = self._running.result()
        return True


class Gate(Part):
    """Nothing to start: the answer that the parts before it work together."""

    outcome = "ready"

    def __init__(self, name: str, ready: Callable[[], bool], needs: Iterable[str]) -> None:
        super().__init__(name, needs)
        self._question = Question(ready)
        self._deadline = 0.0

    def start(self) -> None:
        """Begin to wait."""
        self._deadline = time.monotonic() + START_PATIENCE

    def poll(self) -> bool:
        """Whether the answer is yes."""
        if time.monotonic() > self._deadline:
            raise PartFailed(
                f"Everything was started, but it is not ready after {START_PATIENCE:.0f} seconds."
            )
        return self._question.answer()


class Once(Part):
    """A process that does one thing and ends.

    `spare` is asked first, in a thread: if it has something to say, the process is not needed.
    """

    def __init__(
        self,
        name: str,
        spawn: Callable[[], Child],
        needs: Iterable[str] = (),
        *,
        note: Callable[[], str] = str,
        spare: Callable[[], str | None] = lambda: None,
    ) -> None:
        super().__init__(name, needs)
        self._spawn = spawn
        self._note = note
        self._spare = spare
        self._asking: Background[str | None] | None = None
        self.child: Child | None = None

    def start(self) -> None:
        """Ask whether the process is needed."""
        self._asking = Background(self._spare)

    def poll(self) -> bool:
        """Whether it was not needed or ended well."""
        if self.child is None:
            return self._is_spared()
        status = self.child.exit_status()
        if status is None:
            return False
        if status:
            raise _failed(self.name, self.child, status)
        self.note = self._note()
        return True

    def _is_spared(self) -> bool:
        if self._asking is None or not self._asking.done():
            return False
        reason = self._asking.result()
        if reason is None:
            self.child = self._spawn()
            return False
        self.note = reason
        return True


@dataclass(frozen=True)
class Event:
    """Something that happened to a service while the stack ran."""

    state: str
    note: str
    seconds: float | None = None


class Service(Part):
    """A process that stays, and is started again when it dies."""

    outcome = "ready"

    def __init__(  # noqa: PLR0913 - two say how it is started, the others how it is looked after
        self,
        name: str,
        spawn: Callable[[], Child],
        ready: Callable[[], bool],
        needs: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
        whole: Callable[[int], bool] = lambda _pid: True,
        mend: Callable[[], object] = lambda: None,
        *,
        holds_up: bool = True,
        is_outlived: bool = False,
    ) -> None:
        """`whole` tells whether it has the processes of its own that it needs; `mend` asks for new ones.

        `is_outlived`: what it has started goes on when it dies.
        """
        super().__init__(name, needs)
        self.holds_up = holds_up
        self._is_outlived = is_outlived
        self.left: list[int] = []
        self._spawn = spawn
        self._ready = ready
        self._whole = whole
        self._mend = mend
        self._look_at = 0.0
        self._bad_looks = 0
        self._clock = clock
        self._question = Question(ready)
        self._attempts = 0
        self._began = 0.0
        self._up = False
        self._pause = SHORTEST_PAUSE
        self._again_at: float | None = None
        self._held = False
        self.child: Child | None = None

    def start(self) -> None:
        """Start the process."""
        self._attempts += 1
        self._began = self._clock()
        self._up = False
        self._bad_looks = 0
        self._question = Question(self._ready)
        self._again_at = None
        self.child = self._spawn()

    def hold(self) -> None:
        """End the process if it was started too early, until `release`."""
        if self.child is not None:
            self._held = True
            self.child.kill()

    def release(self) -> None:
        """Start again what was held."""
        if self._held:
            self._held = False
            self.began = time.monotonic()
            self.start()

    def poll(self) -> bool:
        """Whether it answers. A process that ends before that is tried again twice."""
        if self._held:
            return False
        child = self._started()
        status = child.exit_status()
        if status is not None:
            if self._attempts >= START_ATTEMPTS:
                raise _failed(self.name, child, status)
            self.start()
        elif self._question.answer():
            self._up = True
        elif self._clock() - self._began > START_PATIENCE:
            raise PartFailed(
                f"{self.name} did not answer within {START_PATIENCE:.0f} seconds.",
                hint=f"Its log: {child.log}",
            )
        return self._up

    def tend(self) -> Event | None:
        """Notice a death, wait, start again; say what happened. Called over and over once the stack is up."""
        if self._again_at is not None:
            return self._begin_again(self._again_at)
        child = self._started()
        status = child.exit_status()
        if status is not None:
            return self._note_death(child, status)
        if not self._up and self._question.answer():
            self._up = True
            note = "ready" if self._attempts == 1 else "ready again"
            return Event("again", note, self._clock() - self._began)
        return self._look_whole(child) if self._up else None

    def _look_whole(self, child: Child) -> Event | None:
        """Mend a service that lost a process it needs; not at the first look, it may be changing it."""
        if self._clock() < self._look_at:
            return None
        self._look_at = self._clock() + LOOK_EVERY
        was = self._bad_looks
        self._bad_looks = 0 if self._whole(child.pid) else was + 1
        if was >= MEND_AT and not self._bad_looks:
            return Event("again", "whole again")
        if self._bad_looks == MEND_AT:
            Background(self._mend)
            return Event("mending", f"a process of its own is gone (see {child.log}); asking for a new one")
        if self._bad_looks < RESTART_AT:
            return None
        child.kill()
        return self._try_later("a process of its own is gone and does not come back")

    def _started(self) -> Child:
        if self.child is None:
            msg = f"{self.name} was never started"
            raise RuntimeError(msg)
        return self.child

    def _begin_again(self, due: float) -> Event | None:
        if self._clock() < due:
            return None
        try:
            self.start()
        except OSError as error:
            return self._try_later(f"cannot be started ({error})")
        return Event("starting", "")

    def _note_death(self, child: Child, status: int) -> Event:
        if self._is_outlived:
            self.left.append(child.pid)
        else:
            child.kill()  # whatever it had started itself
        if self._up and self._clock() - self._began > RECOVERED_AFTER:
            self._pause = SHORTEST_PAUSE
        return self._try_later(f"{ending(status)} (see {child.log})")

    def _try_later(self, why: str) -> Event:
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        self._again_at = self._clock() + pause
        return Event("stopped", f"{why}; starting it again in {pause:.0f} s")


def ending(status: int) -> str:
    """How a process ended, in words."""
    return f"killed by signal {-status}" if status < 0 else f"ended with status {status}"


def _failed(name: str, child: Child, status: int) -> PartFailed:
    said = child.last_line()
    return PartFailed(
        f"{name} did not start: it {ending(status).replace('killed', 'was killed')}"
        + (f" ({said})." if said else "."),
        hint=f"Its log: {child.log}",
    )
