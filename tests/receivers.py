"""Receivers of notifications on this machine: some good, some that hang, refuse, redirect or answer 500."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Seen:
    """What came in: of each request its path, headers and body."""

    port: int = 0
    requests: list[tuple[str, dict[str, str], bytes]] = field(
        default_factory=list[tuple[str, dict[str, str], bytes]]
    )
    statuses: list[int] = field(default_factory=list[int])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def http_receiver(*statuses: int, location: str = "", wait: float = 0) -> Iterator[Seen]:
    """Answers these one after another, then the last for ever."""
    seen = Seen(statuses=list(statuses or (204,)))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            seen.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            time.sleep(wait)
            status = seen.statuses.pop(0) if len(seen.statuses) > 1 else seen.statuses[0]
            self.send_response(status)
            if location:
                self.send_header("location", location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    seen.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def hanging_receiver(*, drip: bool = False) -> Iterator[int]:
    """Takes connections and never answers; with `drip` a byte of a header now and then. Gives its port."""
    over = threading.Event()
    kept: list[socket.socket] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.1)

    def hold() -> None:
        while not over.is_set():
            try:
                kept.append(server.accept()[0])
                if drip:
                    threading.Thread(target=_drip, args=(kept[-1], over), daemon=True).start()
            except TimeoutError:
                continue

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        over.set()
        thread.join()
        for one in (server, *kept):
            one.close()


def _drip(connection: socket.socket, over: threading.Event) -> None:
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
        while not over.wait(0.2):
            connection.sendall(b"a")
    except OSError:
        return


def refusing_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@dataclass
class Mailbox:
    """Mails that came in."""

    port: int = 0
    mails: list[Any] = field(default_factory=list[Any])
    answer: str = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        """Take a mail, or not."""
        if self.answer.startswith("250"):
            self.mails.append(envelope)
        return self.answer


@contextmanager
def mail_receiver(answer: str = "250 OK") -> Iterator[Mailbox]:
    """A real SMTP server."""
    box = Mailbox(answer=answer)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        box.port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
