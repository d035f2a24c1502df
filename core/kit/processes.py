"""Child processes that do not outlive their parent."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
PR_SET_NAME = 15

# Loaded here, because a forked child should do as little as possible before it becomes another program.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(by: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """What a child does before it becomes another program, so that it ends when this process does.

    Linux only, elsewhere nothing. Start the child from a thread that lives as long as the child
    should: Linux ends it when that *thread* ends.
    """
    parent = os.getpid()

    def in_child() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, by)
            if os.getppid() != parent:
                os._exit(1)

    return in_child


def name_process(name: str) -> None:
    """What `ps` and `top` call this process from now on; fifteen characters of it. Linux only."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)
