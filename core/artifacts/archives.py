"""Taking artifacts out of an archive of `target/`, from somebody who may mean harm.

Nothing is ever extracted by the name that an archive gives: what is taken goes to a file that we name. Names
that lead out, links, devices and anything that unpacks to more than is allowed are refused by name.
"""

import errno
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, cast

from core.artifacts.checking import EXPECTED, KINDS, malformed
from core.artifacts.errors import MalformedArtifact

CHUNK: Final = 1 << 20
FOLDER: Final = "target"
MOST_MEMBERS: Final = 100_000
# dbt's JSON shrinks to a tenth or a twentieth; a bomb of deflate's to a thousandth.
HARMLESS: Final = 64 << 20
STEEPEST: Final = 200
LONGEST_HEADER: Final = 1 << 20
LARGEST_DIRECTORY: Final = 64 << 20
END_OF_TAR: Final = bytes(1024)

_MEND: Final = "Pack the folder target/ again: tar -czf target.tar.gz target/*.json"
# ValueError: names that are no UTF-8, and numbers in a tar's headers that are none.
_BROKEN: Final = (
    EOFError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
# It is not the archive that is to blame for these.
_OUR_OWN: Final = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE}
_LONG_HEADERS: Final = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


@dataclass(frozen=True)
class Member:
    """A file that was taken out: its name, where it is now, and what people call it."""

    name: str
    path: Path
    shown: str


def is_archive(path: Path) -> bool:
    """Whether a file is an archive that can be read, by its first bytes."""
    return _opener(path) is not None


def unpack(path: Path, shown: str, into: Path, limit: int) -> list[Member]:
    """Take the artifacts at the top or in target/ out of an archive.

    Raises:
        MalformedArtifact: it is broken, tries to trick, is larger than allowed, or holds no artifacts.
    """
    opener = _opener(path)
    if opener is None:
        raise malformed(shown, "is neither a zip, a tar nor a tar.gz", hint=_MEND)
    budget = _Budget(shown, path.stat().st_size, limit)
    try:
        found = opener(_Archive(path, shown, into, budget))
    except MalformedArtifact:
        raise
    except _BROKEN as error:
        _raise_our_own(error)
        raise malformed(shown, f"is broken: {_said(error)}", hint=_MEND) from error
    if not found:
        raise malformed(shown, f"holds none of {EXPECTED} at its top or in {FOLDER}/", hint=_MEND)
    return found


def _raise_our_own(error: Exception) -> None:
    if isinstance(error, OSError) and error.errno in _OUR_OWN:
        raise error


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).rstrip(".")


@dataclass
class _Budget:
    """How much may still come out."""

    shown: str
    packed: int
    limit: int
    unpacked: int = 0

    def spend(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > self.limit:
            most = f"{self.limit / 1_000_000:g} MB (ARTIFACT_UNPACKED_MAX_MB)"
            raise malformed(self.shown, f"unpacks to more than {most}", hint=_MEND)
        if self.unpacked > max(HARMLESS, self.packed * STEEPEST):
            reason = f"unpacks to more than {STEEPEST} times its size, as only a zip bomb does"
            raise malformed(self.shown, reason, hint=_MEND)


@dataclass
class _Archive:
    """An archive on its way."""

    path: Path
    shown: str
    into: Path
    budget: _Budget

    def refuse(self, member: str, reason: str) -> MalformedArtifact:
        return malformed(f"{self.shown}: {member}", reason, hint=_MEND)

    def wanted(self, member: str, found: list[Member]) -> str | None:
        """The artifact that a member is, or None for one that is not looked at."""
        parts = self._parts(member)
        inside = parts[1:] if len(parts) == 2 and parts[0] == FOLDER else parts
        if len(inside) != 1 or inside[0] not in KINDS:
            return None
        if any(other.name == inside[0] for other in found):
            raise self.refuse(member, f"is in it twice: there is another {inside[0]}")
        return inside[0]

    def _parts(self, member: str) -> list[str]:
        name = member.replace("\\", "/")
        drive = len(name) > 1 and name[1] == ":"
        if name.startswith("/") or drive:
            raise self.refuse(member, "is an absolute path")
        parts = [part for part in PurePosixPath(name).parts if part != "."]
        if ".." in parts:
            raise self.refuse(member, "leads out of the archive")
        return parts

    def take(self, name: str, member: str, data: IO[bytes], spend: Callable[[int], None]) -> Member:
        target = self.into / f"unpacked-{name}"
        with target.open("xb") as out:
            while chunk := data.read(CHUNK):
                spend(len(chunk))
                out.write(chunk)
        return Member(name, target, f"{self.shown}: {member}")

    @contextmanager
    def reading(self, member: str) -> Generator[None]:
        """Say of which member it was that something is broken."""
        try:
            yield
        except MalformedArtifact:
            raise
        except _BROKEN as error:
            _raise_our_own(error)
            raise self.refuse(member, f"cannot be read: {_said(error)}") from error


def _opener(path: Path) -> Callable[[_Archive], list[Member]] | None:
    with path.open("rb") as data:
        head = data.read(512)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _from_zip
    if head.startswith(b"\x1f\x8b"):
        return _from_gzip
    return _from_tar if head[257:262] == b"ustar" else None


def _from_zip(archive: _Archive) -> list[Member]:
    with archive.path.open("rb") as data:
        _check_directory(data, archive)
        with zipfile.ZipFile(data) as opened:
            return _zip_members(opened, archive)


def _zip_members(opened: zipfile.ZipFile, archive: _Archive) -> list[Member]:
    found: list[Member] = []
    for info in opened.infolist():
        name = archive.wanted(info.filename, found)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise archive.refuse(info.filename, "is a link")
        if name is None or info.is_dir():
            continue
        if info.flag_bits & 0x1:
            raise archive.refuse(info.filename, "is encrypted")
        with archive.reading(info.filename), opened.open(info) as data:
            found.append(archive.take(name, info.filename, data, archive.budget.spend))
    return found


def _check_directory(data: IO[bytes], archive: _Archive) -> None:
    """Python keeps all of a zip's directory in memory: what it says of its size is looked at before."""
    end = zipfile._EndRecData(data)  # type: ignore[attr-defined]  # noqa: SLF001 # pyright: ignore[reportAttributeAccessIssue]
    if not end:
        raise malformed(archive.shown, "is broken: its end is missing", hint=_MEND)
    if end[4] > MOST_MEMBERS or end[5] > LARGEST_DIRECTORY:
        raise malformed(archive.shown, f"has more than {MOST_MEMBERS} members", hint=_MEND)


def _from_gzip(archive: _Archive) -> list[Member]:
    with gzip.open(archive.path, "rb") as data:
        return _tar_members(_Tape(cast("IO[bytes]", data), archive.budget), archive)


def _from_tar(archive: _Archive) -> list[Member]:
    with archive.path.open("rb") as data:
        return _tar_members(_Tape(data, archive.budget), archive)


class _Tape:
    """What a tar is read from: counts everything, and remembers how it ended."""

    def __init__(self, data: IO[bytes], budget: _Budget) -> None:
        self._data = data
        self._budget = budget
        self._tail = b""

    def read(self, size: int) -> bytes:
        chunk = self._data.read(size)
        self._budget.spend(len(chunk))
        self._tail = (self._tail + chunk)[-len(END_OF_TAR) :]
        return chunk

    def ended_well(self) -> bool:
        """Whether the rest could be read and the last blocks are those that end a tar.

        Python takes a tar that is cut off between two members for a whole one.
        """
        while self.read(CHUNK):
            pass
        return self._tail == END_OF_TAR


class _TarMember(tarfile.TarInfo):
    """A member whose long headers, which Python keeps in memory, have a limit."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        if self.type in _LONG_HEADERS and self.size > LONGEST_HEADER:
            msg = "a header is longer than any name"
            raise tarfile.ReadError(msg)
        return super()._proc_member(archive)  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def _tar_members(tape: _Tape, archive: _Archive) -> list[Member]:
    found: list[Member] = []
    with tarfile.open(fileobj=cast("IO[bytes]", tape), mode="r|", tarinfo=_TarMember) as opened:
        for count, info in enumerate(opened, start=1):
            opened.members = []  # or Python would keep them all # pyright: ignore[reportAttributeAccessIssue]
            if count > MOST_MEMBERS:
                raise malformed(archive.shown, f"has more than {MOST_MEMBERS} members", hint=_MEND)
            name = archive.wanted(info.name, found)
            if not (info.isreg() or info.isdir()) or info.issparse():
                raise archive.refuse(info.name, "is a link, a device or another special file")
            if name is not None and info.isreg():
                found.append(_tar_member(opened, info, name, archive))
    if not tape.ended_well():
        raise malformed(archive.shown, "is broken: its end is missing", hint=_MEND)
    return found


def _tar_member(opened: tarfile.TarFile, info: tarfile.TarInfo, name: str, archive: _Archive) -> Member:
    with archive.reading(info.name):
        data = opened.extractfile(info)
        assert data is not None  # noqa: S101 - a regular file always has data
        # What the tape reads is counted there.
        return archive.take(name, info.name, data, lambda _size: None)
