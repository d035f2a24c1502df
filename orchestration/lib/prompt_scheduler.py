"""Dagster's scheduler, which looks at new schedules when they are loaded and not at the next minute.

Dagster writes down since when a schedule counts when it first looks at it, and looks at the turn of each
minute. What is due at that very turn would then be ticked with the next due time: of a daily schedule, a day
later.
"""

import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any, Final, cast

from dagster._daemon.daemon import SchedulerDaemon

if TYPE_CHECKING:
    from dagster._core.workspace.context import IWorkspaceProcessContext
    from dagster._daemon.daemon import DaemonIterator

LOOK_SECONDS: Final = 1.0


class PromptScheduler(SchedulerDaemon):
    """As Dagster's, but the wait for the next minute ends when a code location has been loaded."""

    def core_loop(
        self, workspace_process_context: "IWorkspaceProcessContext[Any]", shutdown_event: Event
    ) -> "DaemonIterator":
        """Tick for ever; see the class."""

        def loaded() -> Sequence[object]:
            return workspace_process_context.create_request_context().code_locations

        bell = Doorbell(loaded, shutdown_event)
        return super().core_loop(workspace_process_context, cast("Event", bell))


class Doorbell:
    """The event of the shutdown, on which one waits no longer than until what is loaded is new."""

    def __init__(self, loaded: Callable[[], Sequence[object]], shutdown: Event) -> None:
        """`loaded` gives the same objects as long as they have not been loaded anew."""
        self._loaded = loaded
        self._shutdown = shutdown
        self._known = list(loaded())

    def is_set(self) -> bool:
        """Whether everything is to end."""
        return self._shutdown.is_set()

    def wait(self, timeout: float) -> bool:
        """Wait for the end, so many seconds or until something is new; whether everything is to end."""
        until = time.monotonic() + timeout
        while (left := until - time.monotonic()) > 0 and not self._shutdown.wait(min(left, LOOK_SECONDS)):
            now = list(self._loaded())
            if not _are_same(now, self._known):
                self._known = now
                break
        return self._shutdown.is_set()


def _are_same(some: Sequence[object], others: Sequence[object]) -> bool:
    """Those that are known are held: no new object can be mistaken for one that is gone."""
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))
