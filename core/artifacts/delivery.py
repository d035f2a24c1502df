"""What is brought, from the files as they come to artifacts in the store.

The same for uploads, folders and buckets: what is delivered lies in a spool folder; it is unpacked and looked
at, and only when all of it is good does anything go on. What is refused is put aside in the store, so that
people can see what it was.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.artifacts import archives
from core.artifacts.archives import Member
from core.artifacts.checking import EXPECTED, KINDS, check_file, malformed
from core.artifacts.store import ArtifactStore, Stored
from core.kit.errors import WorkbenchError
from core.kit.settings import Settings
from core.kit.text import storable

MEGABYTE: Final = 1_000_000
MOST_FILES: Final = 20
LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class Limits:
    """How much may be brought at once, in bytes."""

    packed: int
    unpacked: int

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """As the settings say."""
        return cls(settings.artifact_upload_max_mb * MEGABYTE, settings.artifact_unpacked_max_mb * MEGABYTE)


@dataclass(frozen=True)
class Delivered:
    """A file as it came: what it is called, and where in the spool it is."""

    name: str
    path: Path


@dataclass(frozen=True)
class Prepared:
    """Artifacts in the store, or (with `problem`) what was put aside.

    `files` are as a drop lists them. The digest is of names and contents.
    """

    files: Sequence[Mapping[str, Any]]
    digest: str
    size: int
    problem: WorkbenchError | None = None


def prepare(store: ArtifactStore, delivered: Sequence[Delivered], spool: Path, limits: Limits) -> Prepared:
    """Look at everything, and bring it into the store. What is wrong is in the answer, not raised."""
    try:
        members = _members(delivered, spool, limits)
        for member in members:
            check_file(member.path, member.name, member.shown)
    except WorkbenchError as error:
        return put_aside(store, delivered, error)
    kept = {member.name: store.adopt(member.path) for member in members}
    return Prepared(_listed(kept), digest_of(kept), _total(kept))


def put_aside(store: ArtifactStore, delivered: Sequence[Delivered], problem: WorkbenchError) -> Prepared:
    """Keep what was refused, as it came."""
    kept: dict[str, Stored] = {}
    for number, item in enumerate(delivered, start=1):
        name = _clean(item.name)
        kept[f"{number}-{name}" if name in kept else name] = store.adopt(item.path)
    return Prepared(_blamed(_listed(kept), problem), digest_of(kept), _total(kept), problem)


def digest_of(files: Mapping[str, Stored]) -> str:
    """The hash of names and contents: the same drop has the same, whatever its files came in."""
    lines = "".join(f"{name} {files[name].digest}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def _members(delivered: Sequence[Delivered], spool: Path, limits: Limits) -> list[Member]:
    found: dict[str, Member] = {}
    for number, item in enumerate(delivered):
        folder = spool / f"archive-{number}"
        for member in _opened(item, folder, limits):
            if member.name in found:
                raise malformed(member.shown, f"came twice: there is also {found[member.name].shown}")
            found[member.name] = member
    return list(found.values())


def _opened(item: Delivered, folder: Path, limits: Limits) -> list[Member]:
    shown = _clean(item.name)
    if item.name in KINDS:
        return [Member(item.name, item.path, shown)]
    if item.path.stat().st_size == 0:
        raise malformed(shown, "is empty")
    if not archives.is_archive(item.path):
        raise malformed(shown, f"is none of {EXPECTED}, nor a zip, tar or tar.gz of them")
    folder.mkdir()
    return archives.unpack(item.path, shown, folder, limits.unpacked)


def _clean(name: str) -> str:
    return storable(name)[:LONGEST_NAME]


def _listed(kept: Mapping[str, Stored]) -> list[dict[str, Any]]:
    return [{"name": name, "digest": item.digest, "size": item.size} for name, item in sorted(kept.items())]


def _total(kept: Mapping[str, Stored]) -> int:
    return sum(item.size for item in kept.values())


def _blamed(files: Sequence[Mapping[str, Any]], problem: WorkbenchError) -> list[dict[str, Any]]:
    """The files, of which the one that the problem names carries it."""
    blamed = {detail.field.partition(": ")[0] for detail in problem.details}
    return [{**item, "problem": problem.message} if item["name"] in blamed else dict(item) for item in files]
