"""A request arrives, and its answer begins, within a set time."""

import asyncio
from typing import Final

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.kit.errors import error_response
from api.kit.limits import is_upload

TOO_SLOW: Final = "The request did not arrive within {} seconds."
NO_ANSWER: Final = "There was no answer within {} seconds."
HINT: Final = "What was asked for may still be carried out."


class RequestTimes:
    """Answers in the place of what takes too long; streams may go on once they have begun.

    The work is not cut off: it would leave transactions and threads in the middle of something. What it sends
    later is dropped.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and watch the clock."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watch = _Watch(scope, receive, send, self._seconds)
        try:
            await self._app(scope, watch.receive, watch.send)
        finally:
            await watch.stop()


class _Watch:
    """The clock of one request: first for its body, then for the beginning of its answer.

    Uploads of artifacts are large, and lines are slow: of them every part of the body has this time.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, seconds: float) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._seconds = seconds
        self._arrived = not _has_body(scope)
        self._is_upload = is_upload(scope)
        self._refusal: asyncio.Task[None] | None = None
        self._timer = self._start()

    async def receive(self) -> Message:
        """The next part of the body; with its last, the answer's time begins."""
        message = await self._receive()
        ended = not message.get("more_body", False)
        if not self._arrived and (ended or self._is_upload):
            self._arrived = ended
            if self._timer is not None:
                self._timer.cancel()
                self._timer = self._start()
        return message

    async def send(self, message: Message) -> None:
        """Pass the answer on, unless another one was given."""
        if self._refusal is not None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await self._send(message)

    async def stop(self) -> None:
        """Nothing is late any more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._refusal is not None:
            await self._refusal

    def _start(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self._seconds, self._give_up)

    def _give_up(self) -> None:
        self._timer = None
        self._refusal = asyncio.get_running_loop().create_task(self._refuse())

    async def _refuse(self) -> None:
        status, code, message, hint = (
            (503, "unavailable", NO_ANSWER, HINT) if self._arrived else (408, "too_slow", TOO_SLOW, None)
        )
        answer = error_response(
            Request(self._scope),
            status,
            code,
            message.format(f"{self._seconds:g}"),
            hint=hint,
            headers={"connection": "close"},
        )
        await answer(self._scope, self._receive, self._send)


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
