"""The connections of one attempt to deliver: where they may lead, and that they can be ended from outside.

What sends (Apprise, smtplib, httpx) opens its own sockets. Python reports each to an audit hook before it
connects, with the address that the name was resolved to: the one place where a name cannot lead elsewhere
afterwards, and where a receiver that answers one byte at a time can be got hold of.
"""

import os
import socket
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

LOCAL_REFUSED: Final = (
    "The receiver is on the machine of dbt Workbench itself, where channels may not lead"
    " unless NOTIFICATIONS_LOCAL_RECEIVERS is set."
)


class NotAllowed(OSError):
    """A receiver is on this machine, where services without login may listen."""


class Connections:
    """Those that one attempt opens, in whichever thread, while it is `watched`.

    `local`: whether they may lead to this machine. `problem`: why they were refused or cut, if they were.
    """

    def __init__(self, *, local: bool) -> None:
        self._local = local
        self._lock = threading.Lock()
        self._doubles: list[socket.socket] = []
        self._ended = False
        self.problem: str | None = None

    def opening(self, opened: socket.socket, address: object) -> None:
        """One is about to be made.

        Raises:
            NotAllowed: it would lead to where it may not.
            TimeoutError: the time of the attempt is over.
        """
        if not self._local and _is_local(address):
            self.problem = LOCAL_REFUSED
            raise NotAllowed(LOCAL_REFUSED)
        with self._lock:
            if self._ended:
                raise TimeoutError("the time for this attempt is over")
            # A double of its own: the number of the original may soon be that of something else.
            self._doubles.append(socket.socket(fileno=os.dup(opened.fileno())))

    def end(self, after: float) -> None:
        """Cut all of them: whoever reads from one reads its end. `after` so many seconds is what is said."""
        with self._lock:
            self._ended = True
            self.problem = f"There was no answer within {after:g} seconds."
            for double in self._doubles:
                try:
                    double.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # not connected (any more)

    def check(self) -> None:
        """Whatever is made of half an answer: one that was cut off did not come in time.

        Raises:
            TimeoutError: they were cut.
        """
        with self._lock:
            if self._ended:
                raise TimeoutError(self.problem)

    def close(self) -> None:
        """Let go of them."""
        with self._lock:
            self._ended = True
            for double in self._doubles:
                double.close()
            self._doubles.clear()


_present: Final[ContextVar[Connections | None]] = ContextVar("connections", default=None)
_hooked = threading.Lock()
_is_hooked = False


@contextmanager
def watched(connections: Connections, seconds: float) -> Generator[None]:
    """What is connected inside belongs to `connections`, and is cut after so many seconds."""
    _hook()
    timer = threading.Timer(seconds, connections.end, (seconds,))
    timer.daemon = True
    token = _present.set(connections)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _present.reset(token)
        connections.close()


def _hook() -> None:
    global _is_hooked  # noqa: PLW0603 - a hook is for ever, and for the whole process
    with _hooked:
        if not _is_hooked:
            sys.addaudithook(_heard)
            _is_hooked = True


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and (connections := _present.get()) is not None:
        connections.opening(args[0], args[1])


def _is_local(address: object) -> bool:
    """Loopback, unspecified and link-local, where clouds keep credentials; and Unix sockets."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0]).partition("%")[0]  # pyright: ignore[reportUnknownArgumentType]
    try:
        ip = ip_address(host)
    except ValueError:
        return True  # a name, resolved only while connecting: it could lead anywhere
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_loopback or ip.is_unspecified or ip.is_link_local
