"""Receiving an upload: from the connection to files in a spool folder, in pieces, never in memory."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Protocol

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from core.artifacts.checking import KINDS, malformed
from core.artifacts.delivery import MOST_FILES, Delivered
from core.kit.errors import FieldError, Invalid

PIECE: Final = 1 << 20
FORM: Final = "multipart/form-data"
JSON: Final = "application/json"
RAW: Final = {
    JSON: "upload.json",
    "application/zip": "upload.zip",
    "application/x-zip-compressed": "upload.zip",
    "application/gzip": "upload.tar.gz",
    "application/x-gzip": "upload.tar.gz",
    "application/x-tar": "upload.tar",
    "application/octet-stream": "upload",
    "": "upload",
}
_HOW: Final = (
    "Send multipart/form-data with files, or a body as application/zip, application/gzip, application/x-tar "
    "or (with ?name=manifest.json) application/json."
)


class UploadCutOff(Exception):
    """Whoever was sending is gone; there is nobody to answer."""


class Receiver(Protocol):
    """Takes a body in pieces."""

    def feed(self, piece: bytes) -> None:
        """The next piece."""
        ...

    def end(self) -> list[Delivered]:
        """There is no more: what came."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


def receiver_for(request: Request, name: str | None, spool: Path) -> Receiver:
    """Who can read this body.

    Raises:
        Invalid: nobody can; or it is JSON, and does not say which artifact.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    media = kind.decode("latin-1").lower()
    if media == FORM:
        boundary = options.get(b"boundary")
        if not boundary:
            raise Invalid("The multipart/form-data names no boundary.", hint=_HOW)
        return Form(boundary, spool)
    if media not in RAW:
        raise Invalid(f"An upload cannot be {media}.", hint=_HOW, details=[FieldError("content-type", media)])
    if media == JSON and name not in KINDS:
        detail = FieldError("name", f"is one of {', '.join(KINDS)}")
        raise Invalid("Say which artifact the JSON is: ?name=manifest.json", hint=_HOW, details=[detail])
    return Whole(base_name(name or "") or RAW[media], spool)


async def receive(request: Request, receiver: Receiver) -> list[Delivered]:
    """Everything that is sent. Files are written by a thread: a slow disk holds up nobody else.

    Raises:
        MalformedArtifact: it is no multipart/form-data, although it says so.
        UploadCutOff: the connection ended before the body did.
    """
    try:
        async for piece in _pieces(request):
            await asyncio.to_thread(receiver.feed, piece)
        return await asyncio.to_thread(receiver.end)
    except ClientDisconnect as error:
        raise UploadCutOff from error
    except FormParserError as error:
        raise malformed("The upload", f"is no valid {FORM}: {error}", hint=_HOW) from error
    finally:
        receiver.close()


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in larger pieces than it comes in."""
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        if len(waiting) >= PIECE:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def base_name(name: str) -> str:
    """The last part of a path, of whatever system."""
    return PurePosixPath(name.replace("\\", "/")).name


class Whole:
    """A body that is one file."""

    def __init__(self, name: str, spool: Path) -> None:
        self._name = name
        self._path = spool / "body"
        self._out = self._path.open("xb")

    def feed(self, piece: bytes) -> None:
        """Write it."""
        self._out.write(piece)

    def end(self) -> list[Delivered]:
        """The one file."""
        self._out.close()
        return [Delivered(self._name, self._path)]

    def close(self) -> None:
        """Close the file."""
        self._out.close()


class Form:
    """A body of multipart/form-data: each part that is a file becomes one.

    Format: https://www.rfc-editor.org/rfc/rfc7578.
    """

    def __init__(self, boundary: bytes, spool: Path) -> None:
        self._spool = spool
        self._found: list[Delivered] = []
        self._out: BinaryIO | None = None
        self._field = self._value = b""
        self._disposition = b""
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    def feed(self, piece: bytes) -> None:
        """Parse it; what belongs to a file is written at once."""
        self._parser.write(piece)

    def end(self) -> list[Delivered]:
        """The files, if the last one is whole."""
        self._parser.finalize()
        if not self._ended:
            raise malformed("The upload", "is cut off: its last part does not end", hint=_HOW)
        return self._found

    def close(self) -> None:
        """Close the file that is open."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def _on_part_begin(self) -> None:
        self._disposition = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = self._value
        self._field = self._value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        field, file = (options.get(key, b"").decode("utf-8", "replace") for key in (b"name", b"filename"))
        name = _name_of(field, file)
        if name is None:
            raise malformed("The upload", f"has a part {field!r} that is no file", hint=_HOW)
        if len(self._found) >= MOST_FILES:
            raise malformed("The upload", f"has more than {MOST_FILES} files", hint=_HOW)
        path = self._spool / f"part-{len(self._found)}"
        self._found.append(Delivered(name, path))
        self._out = path.open("xb")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        assert self._out is not None  # noqa: S101 - data comes after the headers
        self._out.write(data[start:end])

    def _on_part_end(self) -> None:
        self.close()

    def _on_end(self) -> None:
        self._ended = True


def _name_of(field: str, file: str) -> str | None:
    """What a part is, by its file's name or else by its field (`-F manifest=@a.json`)."""
    name = base_name(file)
    for known in (name, field, f"{field}.json"):
        if known in KINDS:
            return known
    return name or None
