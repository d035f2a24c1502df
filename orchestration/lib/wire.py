"""Messages between our own processes over a Unix socket: a length, then JSON; files may come along."""

import os
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

_HEAD: Final = struct.Struct("!I")
LONGEST: Final = 16_000_000


class Gone(Exception):
    """The other side has closed the connection, or never answered."""


def send(connection: socket.socket, message: Mapping[str, Any], files: Sequence[int] = ()) -> None:
    """Send one message.

    Raises:
        Gone: nobody reads it.
    """
    body = msgspec.json.encode(message)
    head = _HEAD.pack(len(body))
    try:
        if files:
            socket.send_fds(connection, [head], list(files))
            connection.sendall(body)
        else:
            connection.sendall(head + body)
    except OSError as error:
        raise Gone(str(error)) from error


def receive(connection: socket.socket, files: int = 0) -> tuple[dict[str, Any], list[int]]:
    """The next message, and up to so many files, which are the caller's to close.

    Raises:
        Gone: there is none.
    """
    try:
        head, taken, _, _ = socket.recv_fds(connection, _HEAD.size, files)
        head += _exactly(connection, _HEAD.size - len(head)) if head else b""
        length = _HEAD.unpack(head)[0] if head else 0
        if not 0 < length <= LONGEST:
            raise Gone("it closed the connection" if not head else "it sent no message")
        return msgspec.json.decode(_exactly(connection, length)), taken
    except (OSError, msgspec.DecodeError) as error:
        raise Gone(str(error)) from error


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts: list[bytes] = []
    while count:
        part = connection.recv(min(count, 1 << 16))
        if not part:
            raise Gone("it closed the connection in the middle of a message")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def ask(path: str, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """The answer of the server at a socket.

    Raises:
        Gone: there is no server, or it does not answer within this time.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect(path)
        except OSError as error:
            raise Gone(f"{os.strerror(error.errno or 0)}: {path}") from error
        send(connection, message)
        return receive(connection)[0]
