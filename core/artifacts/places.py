"""Places in which drops are looked for: a folder for each workspace, and a bucket, both through fsspec.

Layout, from the place of a workspace:

    [env=<environment>/] manifest.json ...              one drop: the files that lie here
    [env=<environment>/] <any name>/ manifest.json ...  one drop: a folder, or its target/
    [env=<environment>/] <any name>.zip|.tar|.tar.gz    one drop: an archive

Without `env=` it is for the default environment. A place is only read: nothing is moved or deleted.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final, Protocol, cast
from urllib.parse import urlsplit, urlunsplit

from core.artifacts.checking import KINDS, malformed
from core.artifacts.delivery import Delivered
from core.kit.settings import Settings

FOLDER: Final = "folder"
BUCKET: Final = "bucket"
DROPS: Final = "drops"
MARKER: Final = "_SUCCESS"
TARGET: Final = "target"
ENVIRONMENT: Final = "env="
ARCHIVES: Final = (".zip", ".tar", ".tar.gz", ".tgz")
CHUNK: Final = 1 << 20
# What tells versions of a file apart; each kind of storage knows some of them.
_VERSION: Final = (
    *("size", "mtime", "created", "ino", "target"),
    *("LastModified", "last_modified", "updated", "ETag", "etag", "md5Hash", "generation", "VersionId"),
)
_TIMES: Final = ("mtime", "created", "LastModified", "last_modified", "updated")


class FileSystem(Protocol):
    """What is used of fsspec, which has no types."""

    def ls(self, path: str, detail: bool = True) -> list[dict[str, Any]]:  # noqa: FBT001, FBT002 - fsspec's
        """What is in a folder."""
        ...

    def open(self, path: str, mode: str = "rb") -> Any:
        """A file to read from."""
        ...

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forget listings."""
        ...


@dataclass(frozen=True)
class Candidate:
    """Something in a place that may be a drop: its path there, and its files."""

    path: str
    environment: str | None
    files: Mapping[str, Mapping[str, Any]]
    marked: bool

    @property
    def signature(self) -> str:
        """What it looks like from outside: it changes with every change of a file that can be seen."""
        seen = {
            name: {key: str(info[key]) for key in _VERSION if key in info}
            for name, info in self.files.items()
        }
        text = json.dumps([seen, self.marked], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def size(self) -> int:
        """Bytes of all its files, as far as the place tells."""
        return sum(int(info.get("size") or 0) for info in self.files.values())


@dataclass
class Place:
    """A place of one workspace."""

    kind: str
    root: str
    fs: FileSystem
    is_local: bool
    problems: list[str] = field(default_factory=list[str])

    def find(self) -> Iterator[Candidate]:
        """Everything in it that may be a drop."""
        self.fs.invalidate_cache()
        listed = self._listed(self.root)
        yield from self._below(self.root, listed, None)
        for name, info in listed.items():
            if _is_folder(info) and name.startswith(ENVIRONMENT):
                inside = self._listed(info["name"])
                yield from self._below(info["name"], inside, name.removeprefix(ENVIRONMENT))

    def is_unchanged(self, candidate: Candidate) -> bool:
        """Whether its files still look as they did when it was found."""
        self.fs.invalidate_cache()
        folders = {str(info["name"]).rpartition("/")[0] for info in candidate.files.values()}
        now = {info["name"]: info for folder in folders for info in self._listed(folder).values()}
        return all(_version(now.get(info["name"], {})) == _version(info) for info in candidate.files.values())

    def copy(self, candidate: Candidate, into: Path, limit: int) -> list[Delivered]:
        """Copy its files.

        Raises:
            MalformedArtifact: they are larger than allowed.
            OSError: one of them cannot be read.
        """
        left, found = limit, list[Delivered]()
        for number, (name, info) in enumerate(candidate.files.items()):
            target = into / f"copied-{number}"
            left -= self._copy_file(name, info, target, left)
            if left < 0:
                most = f"{limit / 1_000_000:g} MB (ARTIFACT_UPLOAD_MAX_MB)"
                raise malformed(name, f"is too large: a drop may have {most}")
            found.append(Delivered(name, target))
        return found

    def _copy_file(self, name: str, info: Mapping[str, Any], target: Path, limit: int) -> int:
        copied = 0
        with self._open(name, info) as data, target.open("xb") as out:
            while copied <= limit and (chunk := data.read(CHUNK)):
                copied += len(chunk)
                out.write(chunk)
        return copied

    def _open(self, name: str, info: Mapping[str, Any]) -> Any:
        if not self.is_local:
            return self.fs.open(info["name"], "rb")
        # What it was a moment ago may have become a link or a pipe.
        real = self._inside(info["name"])
        if real is None:
            message = f"{name} leads out of the folder"
            raise OSError(message)
        return os.fdopen(os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")

    def _below(
        self, root: str, listed: Mapping[str, Mapping[str, Any]], environment: str | None
    ) -> Iterator[Candidate]:
        files = {name: info for name, info in listed.items() if name in KINDS and not _is_folder(info)}
        marked = _is_marked(listed, files)
        if files:
            yield self._candidate(root, environment, files, marked=marked)
        for name, info in listed.items():
            if _is_folder(info) and not name.startswith((ENVIRONMENT, ".")):
                yield from self._of_folder(info["name"], environment)
            elif not _is_folder(info) and name.endswith(ARCHIVES) and not name.startswith("."):
                alone = {name: info}
                yield self._candidate(info["name"], environment, alone, marked=_is_marked(listed, alone))

    def _of_folder(self, folder: str, environment: str | None) -> Iterator[Candidate]:
        listed = self._listed(folder)
        marker = {MARKER: listed[MARKER]} if MARKER in listed else {}
        if TARGET in listed and _is_folder(listed[TARGET]):
            listed = {**self._listed(listed[TARGET]["name"]), **listed}
        files = {
            name: info
            for name, info in listed.items()
            if (name in KINDS or name.endswith(ARCHIVES)) and not _is_folder(info)
        }
        if files:
            marked = _is_marked({**listed, **marker}, files)
            yield self._candidate(folder, environment, files, marked=marked)

    def _candidate(
        self, path: str, environment: str | None, files: Mapping[str, Mapping[str, Any]], *, marked: bool
    ) -> Candidate:
        short = path.removeprefix(self.root).strip("/") or "."
        return Candidate(short, environment, dict(sorted(files.items())), marked)

    def _listed(self, folder: str) -> dict[str, Mapping[str, Any]]:
        """What is in a folder, by name; nothing where there is no folder."""
        try:
            entries = self.fs.ls(folder, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        found: dict[str, Mapping[str, Any]] = {}
        for entry in entries:
            name = PurePosixPath(str(entry["name"]).rstrip("/")).name
            info = self._real(name, entry) if self.is_local else entry
            if info is not None and info.get("type") in {"file", "directory"}:
                found[name] = info
        return found

    def _real(self, name: str, entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What a link leads to, as long as that is inside; None for what is not looked at."""
        if not entry.get("islink"):
            return entry
        real = self._inside(entry["name"])
        if real is None:
            self.problems.append(f"{name} is a link that leads out of the folder; it is not followed.")
            return None
        try:
            found = Path(real).stat()
        except OSError:
            return None
        kind = "directory" if Path(real).is_dir() else "file" if Path(real).is_file() else "other"
        facts = {"size": found.st_size, "mtime": found.st_mtime, "ino": found.st_ino, "target": real}
        return {**entry, **facts, "type": kind}

    def _inside(self, path: str) -> str | None:
        """Where a path really is, if that is inside the place."""
        real, root = os.path.realpath(path), os.path.realpath(self.root)
        return real if real.startswith(root + os.sep) else None


def _version(info: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(info[key]) for key in _VERSION if info.get(key) is not None}


def _is_folder(info: Mapping[str, Any]) -> bool:
    return info.get("type") == "directory"


def _is_marked(listed: Mapping[str, Mapping[str, Any]], files: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a marker says that these files are complete. One that is older than they are says nothing."""
    marker = listed.get(MARKER)
    if marker is None:
        return False
    written = _time_of(marker)
    times = [_time_of(info) for info in files.values()]
    return written is not None and all(time is not None and time <= written for time in times)


def _time_of(info: Mapping[str, Any]) -> float | None:
    for key in _TIMES:
        value = info.get(key)
        if isinstance(value, int | float):
            return float(value)
        if hasattr(value, "timestamp"):
            return float(cast("Any", value).timestamp())
    return None


def folder_of(data_dir: Path, workspace_key: str) -> Path:
    """The drop folder of a workspace."""
    return data_dir / DROPS / workspace_key


def bucket_of(settings: Settings, workspace_key: str) -> str | None:
    """The URL of a workspace's part of the bucket, if there is one."""
    url = settings.artifact_drop_url
    return url.get_secret_value().replace("{workspace}", workspace_key) if url else None


def address_of(url: str) -> str:
    """A URL as people may see it: without user, password and options."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def places_of(settings: Settings, workspace_key: str) -> Iterator[tuple[str, str, str]]:
    """Kind, address and URL of every place of a workspace."""
    folder = folder_of(settings.data_dir, workspace_key)
    yield FOLDER, str(folder), folder.as_uri()
    if url := bucket_of(settings, workspace_key):
        yield BUCKET, address_of(url), url


def open_place(kind: str, url: str) -> Place:
    """A place to look at.

    Raises:
        ImportError: fsspec needs a package for this kind of storage that is not installed.
        ValueError: no such kind of storage.
        OSError: it cannot be reached.
    """
    from fsspec.core import url_to_fs  # noqa: PLC0415 - the API names places without opening them

    fs, root = url_to_fs(url)
    is_local = urlsplit(url).scheme in {"file", "local"}
    if kind == FOLDER:
        Path(root).mkdir(mode=0o700, parents=True, exist_ok=True)
    return Place(kind, str(root).rstrip("/"), fs, is_local)
