"""The head of a request has a limit in size and time, which uvicorn's quicker protocol does not set.

Without it, a client that sends a header slowly, or one without end, holds a connection or memory for ever.
What follows the head is the application's business: api.kit.limits and api.kit.timeouts. But once it has
answered, nobody waits for the rest of a body: that has a limit in time, too.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD: Final = 65_536
HEAD_SECONDS: Final = 20.0
REST_SECONDS: Final = 20.0

TOO_SLOW: Final = "408 Request Timeout"
TOO_LARGE: Final = "431 Request Header Fields Too Large"


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol; refuses heads that do not end."""

    _timer: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._start_timer(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head that has not ended."""
        if self._in_head:
            self._head_bytes += len(data)
            self._start_timer(HEAD_SECONDS)
        super().data_received(data)
        if self._in_head and self._head_bytes > LARGEST_HEAD:
            self._refuse(TOO_LARGE)
        elif not self._in_head and self._is_answered():
            self._start_timer(REST_SECONDS)

    def on_headers_complete(self) -> None:
        """The head has ended in time."""
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes next is another head; until it begins, the limit of keep-alive holds."""
        self._stop_timer()
        self._in_head = True
        self._head_bytes = 0
        super().on_message_complete()

    def _is_answered(self) -> bool:
        """With every piece of a body that nobody reads any more, uvicorn forgets its limit of keep-alive."""
        cycle = getattr(self, "cycle", None)
        return cycle is not None and cycle.response_complete

    def _start_timer(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if self._in_head:
            self._refuse(TOO_SLOW)
        else:
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: str) -> None:
        self._stop_timer()
        if not self.transport.is_closing():
            answer = f"HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            self.transport.write(answer.encode())
            self.transport.close()
