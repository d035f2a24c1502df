"""What the supervisor says: one line a part, with the seconds it took."""

import os
import sys
import threading
from typing import TextIO

WIDTH = 18
GREEN, YELLOW, RED, BOLD, RESET = "\033[32m", "\033[33m", "\033[31m", "\033[1m", "\033[0m"
COLOURS = {"ready": GREEN, "done": GREEN, "again": GREEN, "stopped": YELLOW, "broken": YELLOW, "failed": RED}


class Progress:
    """Lines for people, in colour on a terminal only. Safe to use from several threads."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = sys.stdout if out is None else out
        self._colour = self._out.isatty() and not os.environ.get("NO_COLOR")
        self._lock = threading.Lock()

    def part(self, name: str, state: str, seconds: float | None = None, note: str = "") -> None:
        """A line of the table, such as `postgres   ready   0.9 s`."""
        taken = "" if seconds is None else f"{seconds:6.1f} s"
        text = f"  {name:<{WIDTH}} {self._painted(state, 8)} {taken:<8} {note}"
        self.say(text.rstrip())

    def say(self, text: str) -> None:
        """A line of its own. A terminal that has gone away does not matter."""
        with self._lock:
            try:
                print(text, file=self._out, flush=True)
            except (OSError, ValueError):
                return

    def strong(self, text: str) -> str:
        """The text in bold, on a terminal."""
        return f"{BOLD}{text}{RESET}" if self._colour else text

    def _painted(self, state: str, width: int) -> str:
        padded = f"{state:<{width}}"
        colour = COLOURS.get(state)
        return f"{colour}{padded}{RESET}" if self._colour and colour else padded
