"""Starts the parts in the order of their needs, keeps the services up, and stops them in order."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from deploy.local.parts import Once, Part, Service
from deploy.local.process import Child, end_family
from deploy.local.progress import Progress

STARTING_TICK = 0.03
WATCHING_TICK = 0.25
STOP_PATIENCE = 12.0

Services = Mapping[str, Mapping[str, int | str | None]]


class Supervisor:
    """Runs on the main thread: children that another thread started would end with that thread."""

    def __init__(
        self,
        parts: Sequence[Part],
        progress: Progress,
        *,
        asked_to_stop: Callable[[], bool],
        describe: Callable[[Services], None],
    ) -> None:
        self._parts = parts
        self._progress = progress
        self._asked_to_stop = asked_to_stop
        self._describe = describe
        self._states: dict[str, str] = {}

    def start(self) -> bool:
        """Start everything; a line for each part as it comes up. False when asked to stop before that.

        Raises:
            PartFailed: a part cannot come up.
        """
        waiting = list(self._parts)
        while any(part.holds_up for part in waiting):
            if self._asked_to_stop():
                return False
            for part in [p for p in waiting if p.name not in self._states and self._has_its_needs(p)]:
                part.began = time.monotonic()
                part.start()
                self._record(part.name, "starting")
            for part in [p for p in waiting if p.name in self._states and p.poll()]:
                waiting.remove(part)
                self._record(part.name, part.outcome)
                self._progress.part(part.name, part.outcome, time.monotonic() - part.began, part.note)
            self._tend(service for service in self._services() if service not in waiting)
            time.sleep(STARTING_TICK)
        for part in waiting:
            if part.name not in self._states:
                part.start()
                self._record(part.name, "starting")
        return True

    def watch(self, also: Callable[[], None] = lambda: None) -> None:
        """Keep the services up until asked to stop."""
        while not self._asked_to_stop():
            also()
            self._tend(self._services())
            time.sleep(WATCHING_TICK)

    def service(self, name: str) -> Service | None:
        """A service by its name."""
        return next((service for service in self._services() if service.name == name), None)

    def groups(self) -> list[int]:
        """The process groups that run now."""
        running = [child.pid for _, child in self._children() if child.exit_status() is None]
        return [*running, *self._left()]

    def stop(self, last: str) -> None:
        """Stop what runs: everything else together, and in the end what the others need."""
        children = dict(self._children())
        final = children.pop(last, None)
        _stop_together(children.values())
        if final is not None:
            _stop_together([final])
        for leader in self._left():
            end_family(leader)

    def kill(self) -> None:
        """End everything at once."""
        for _, child in self._children():
            child.kill()
        for leader in self._left():
            end_family(leader)

    def _left(self) -> Iterator[int]:
        """Sessions whose leader is gone, and which were left to go on."""
        return (leader for service in self._services() for leader in service.left)

    def _tend(self, services: Iterable[Service]) -> None:
        for service in services:
            if event := service.tend():
                self._record(service.name, "ready" if event.state == "again" else event.state)
                if event.note:
                    self._progress.part(service.name, event.state, event.seconds, event.note)

    def _has_its_needs(self, part: Part) -> bool:
        return part.needs <= {name for name, state in self._states.items() if state in {"ready", "done"}}

    def _services(self) -> Iterator[Service]:
        return (part for part in self._parts if isinstance(part, Service))

    def _children(self) -> Iterator[tuple[str, Child]]:
        for part in self._parts:
            if isinstance(part, Service | Once) and part.child is not None:
                yield part.name, part.child

    def _record(self, name: str, state: str) -> None:
        self._states[name] = state
        self._describe(
            {
                part_name: {"pid": child.pid, "state": self._states.get(part_name), "log": str(child.log)}
                for part_name, child in self._children()
                if self.service(part_name)
            }
        )


def _stop_together(children: Collection[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + STOP_PATIENCE
    for child in children:
        child.wait(max(0.0, deadline - time.monotonic()))
        child.kill()
