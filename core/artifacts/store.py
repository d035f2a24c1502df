"""The artifact store: files under the hash of their content, complete or not there at all."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
SPOOLS = ".spool"


@dataclass(frozen=True)
class Stored:
    """A file in the store."""

    digest: str
    size: int


class ArtifactStore:
    """A folder of files named by their SHA-256."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "artifacts"

    def path(self, digest: str) -> Path:
        """Where the content with this hash is, or would be."""
        return self._root / digest[:2] / digest

    def put(self, source: Path) -> Stored:
        """Copy a file in. The hash is taken from the very bytes that are kept.

        What the store has already is only compared.
        """
        known = self._known(source)
        if known is not None:
            return known
        self._root.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._root, prefix=".incoming-")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as out, source.open("rb") as data:
                digest = _copy(data, out)
                os.fsync(out.fileno())
            return self._keep(temporary, digest)
        finally:
            temporary.unlink(missing_ok=True)

    def _known(self, source: Path) -> Stored | None:
        """The same content, if it is there and still what it was. Only a file that stays as it is counts."""
        before = source.stat()
        with source.open("rb") as data:
            digest = hashlib.file_digest(data, "sha256").hexdigest()
        final = self.path(digest)
        try:
            same = _same(source, final)
        except FileNotFoundError:
            return None
        after = source.stat()
        is_quiet = (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
        if not (same and is_quiet):
            return None
        # Somebody brings it anew: it is no old file that may be forgotten.
        final.touch()
        return Stored(digest, after.st_size)

    def adopt(self, source: Path) -> Stored:
        """Move a file of `spool` in, without copying it."""
        with source.open("rb+") as data:
            digest = hashlib.file_digest(data, "sha256").hexdigest()
            os.fsync(data.fileno())
        source.chmod(0o600)
        return self._keep(source, digest)

    @contextmanager
    def spool(self) -> Generator[Path]:
        """A folder for what is on its way in; it is gone at the end, with all that was not adopted."""
        spools = self._root / SPOOLS
        spools.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=spools, ignore_cleanup_errors=True) as folder:
            yield Path(folder)

    def sweep(self, older_than_seconds: float) -> int:
        """Remove what killed processes left on its way in. Returns how many were removed."""
        left = [*(self._root / SPOOLS).glob("*"), *self._root.glob(".incoming-*")]
        before = time.time() - older_than_seconds
        old = [path for path in left if _modified(path) < before]
        for path in old:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return len(old)

    def forget(self, kept: Collection[str], older_than_seconds: float) -> int:
        """Remove files that are not to be kept and lie there untouched for so long. Returns how many went."""
        before = time.time() - older_than_seconds
        gone = 0
        for path in self._root.glob("??/*"):
            if path.name not in kept and path.is_file() and _modified(path) < before:
                path.unlink(missing_ok=True)
                gone += 1
        return gone

    def read(self, digest: str) -> bytes:
        """The content with this hash.

        Raises:
            FileNotFoundError: it is not in the store.
        """
        return self.path(digest).read_bytes()

    def holds(self, digest: str) -> bool:
        """Whether the content with this hash is there and still what it was."""
        try:
            with self.path(digest).open("rb") as data:
                return hashlib.file_digest(data, "sha256").hexdigest() == digest
        except FileNotFoundError:
            return False

    def _keep(self, temporary: Path, digest: str) -> Stored:
        size = temporary.stat().st_size
        final = self.path(digest)
        if self.holds(digest):
            final.touch()
        else:
            final.parent.mkdir(exist_ok=True)
            temporary.replace(final)
        return Stored(digest, size)


def _copy(data: BinaryIO, out: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := data.read(CHUNK):
        digest.update(chunk)
        out.write(chunk)
    return digest.hexdigest()


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        while (chunk := left.read(CHUNK)) == right.read(CHUNK):
            if not chunk:
                return True
    return False


def _modified(path: Path) -> float:
    """When anything in it was last written; the present where it is gone."""
    try:
        inside = list(path.iterdir()) if path.is_dir() else []
        return max(item.stat().st_mtime for item in (path, *inside))
    except FileNotFoundError:
        return time.time()
