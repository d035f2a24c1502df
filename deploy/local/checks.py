"""What is looked at before anything is started. Each check raises `CannotStart` with one sentence."""

import errno
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from deploy.local.errors import CannotStart
from deploy.local.layout import DAGSTER_YAML, WORKSPACE_YAML, DataFolder

HOST = "127.0.0.1"
EVERYWHERE = {"0.0.0.0": HOST, "::": "::1", "": HOST}  # noqa: S104 - what is listened on is the settings' to say
CHOOSE_HOST = "Choose another one with --host; 0.0.0.0 stands for all of this machine."
NEEDED_DISK = 1_000_000_000
NEEDED_PYTHON = (3, 11)
PROBE_SIZE = 1 << 20

WHY = {
    errno.EACCES: "this user may not write there",
    errno.EPERM: "this user may not write there",
    errno.EROFS: "the file system is read-only",
    errno.ENOTDIR: "a part of that path is a file, not a folder",
    errno.EEXIST: "it is a file, not a folder",
    errno.ENAMETOOLONG: "the path is too long",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "this user's disk quota is used up",
}


def check_installation() -> None:
    """The interpreter is new enough and the files of the clone are where they belong."""
    if sys.version_info < NEEDED_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        raise CannotStart(f"Python 3.11 or newer is needed; this is {found}.")
    for path in (DAGSTER_YAML, WORKSPACE_YAML):
        if not path.is_file():
            raise CannotStart(f"{path} is missing.", hint="Run from a complete clone of the repository.")


def check_data_folder(data: DataFolder) -> None:
    """The data folder exists, or can be made, and takes a file."""
    try:
        data.create()
        _write_probe(data.root)
    except OSError as error:
        raise CannotStart(_unwritable(data.root, error)) from error


def check_disk(
    folder: Path, free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
) -> None:
    """There is room for the database, the artifacts and the logs."""
    try:
        free = free_bytes(folder)
    except OSError as error:
        raise CannotStart(_unwritable(folder, error)) from error
    if free < NEEDED_DISK:
        raise CannotStart(
            f"The disk under {folder} is nearly full: {free / 1e6:,.0f} MB are free, 1,000 MB are needed.",
            hint="Free some space, or choose another --data folder.",
        )


def check_port(port: int, host: str = HOST) -> None:
    """The address of the web app is this machine's, and its port is free."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CannotStart(f"The address {host} is not known: {error.strerror}.", hint=CHOOSE_HOST) from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise CannotStart(f"This machine has no address {host}.", hint=CHOOSE_HOST) from error
            raise CannotStart(_no_port(port, error), hint="Choose another one with --port.") from error


def reachable(host: str) -> str:
    """Where this machine itself reaches a server that listens on this address."""
    return EVERYWHERE.get(host, host)


def http_address(host: str, port: int) -> str:
    """The address of a server for people and browsers on this machine."""
    name = reachable(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _write_probe(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(bytes(PROBE_SIZE))
        probe.flush()
        os.fsync(probe.fileno())


def _unwritable(folder: Path, error: OSError) -> str:
    why = WHY.get(error.errno or 0, error.strerror or str(error))
    return f"The data folder {folder} cannot be used: {why}."


def _no_port(port: int, error: OSError) -> str:
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system administrator."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken{_holder(port)}."
    return f"Port {port} cannot be used: {error.strerror}."


def _holder(port: int) -> str:
    import psutil

    try:
        listening = psutil.net_connections("tcp")
        pid = next(
            c.pid for c in listening if c.status == psutil.CONN_LISTEN and c.laddr[1:] == (port,) and c.pid
        )
        return f" by process {pid} ({psutil.Process(pid).name()})"
    except (StopIteration, psutil.Error):
        return ""
