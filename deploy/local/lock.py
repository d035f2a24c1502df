"""One supervisor a data folder: a lock on a file that also says who holds it."""

import fcntl
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self

from core.kit.clock import now
from deploy.local.errors import AlreadyRunning


@dataclass(frozen=True)
class Running:
    """The supervisor that holds a data folder, and what it runs."""

    pid: int
    address: str
    started_at: str
    services: Mapping[str, Mapping[str, int | str | None]] = field(
        default_factory=dict[str, dict[str, int | str | None]]
    )


class DataFolderLock:
    """Held from before the first service starts until after the last has stopped.

    The kernel lets go of it when the process ends, however it ends.
    """

    def __init__(self, path: Path, address: str) -> None:
        self._path = path
        self._running = Running(os.getpid(), address, now().isoformat(timespec="seconds"))
        self._handle = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            AlreadyRunning: another process holds it; the message names it.
        """
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try_lock(self._handle):
            os.close(self._handle)
            raise AlreadyRunning(_refusal(self._path), hint="Stop it first, or choose another --data folder.")
        self._write()
        return self

    def __exit__(self, *_: object) -> None:
        os.ftruncate(self._handle, 0)
        os.close(self._handle)

    def describe(self, services: Mapping[str, Mapping[str, int | str | None]]) -> None:
        """Put on record what runs, for `workbench status`."""
        self._running = replace(self._running, services=services)
        with suppress(OSError):  # a disk that has filled up is no reason to stop everything
            self._write()

    def _write(self) -> None:
        content = json.dumps(asdict(self._running), indent=1).encode()
        os.pwrite(self._handle, content, 0)
        os.ftruncate(self._handle, len(content))


def running_on(path: Path) -> Running | None:
    """Who holds the lock, or None when nobody does."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if _try_lock(handle, shared=True):
            return None
        return _read(path)
    finally:
        os.close(handle)


def _try_lock(handle: int, *, shared: bool = False) -> bool:
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> Running:
    try:
        return Running(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return Running(pid=0, address="", started_at="")


def _refusal(path: Path) -> str:
    holder = _read(path)
    if not holder.pid:
        return f"Another dbt Workbench is just starting or stopping on {path.parent}."
    return (
        f"dbt Workbench already runs on {path.parent}: process {holder.pid}, {holder.address}, "
        f"since {holder.started_at}."
    )
