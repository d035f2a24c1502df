import errno
import os
import socket
from pathlib import Path

import pytest

from deploy.local import checks
from deploy.local.errors import CannotStart
from deploy.local.layout import LONGEST_SOCKET, SERVICES_FOLDERS, DataFolder


def test_folders_are_made_and_closed_to_others(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "a" / "b")
    checks.check_data_folder(data)
    assert data.logs.is_dir()
    for folder in (data.logs, *(data.root / name for name in SERVICES_FOLDERS)):
        assert folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_has_no_room_either(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"none cannot be used: No such file or directory\.$"):
        checks.check_disk(tmp_path / "none")


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(CannotStart, match=r"data cannot be used: it is a file, not a folder\.$"):
        checks.check_data_folder(DataFolder(tmp_path / "data"))


def test_a_file_on_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="a part of that path is a file"):
        checks.check_data_folder(DataFolder(tmp_path / "file" / "data"))


def test_a_folder_that_nobody_may_write_to() -> None:
    with pytest.raises(CannotStart, match="The data folder /proc/nowhere cannot be used"):
        checks.check_data_folder(DataFolder(Path("/proc/nowhere")))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "disk quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not write"),
    ],
)
def test_a_disk_that_refuses_the_first_file(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(checks.os, "fsync", refuse)
    with pytest.raises(CannotStart, match=words):
        checks.check_data_folder(data)


def test_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="42 MB are free, 1,000 MB are needed"):
        checks.check_disk(tmp_path, lambda _: 42_000_000)
    checks.check_disk(tmp_path, lambda _: checks.NEEDED_DISK)


def test_a_port_that_is_taken_names_the_port_and_its_holder() -> None:
    with socket.socket() as other:
        other.bind((checks.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            CannotStart, match=rf"Port {port} is taken by process {os.getpid()} \(.+\)\."
        ) as refusal:
            checks.check_port(port)
        assert refusal.value.exit_code == 3
    checks.check_port(port)


def test_the_code_socket_is_short_however_long_the_folder(tmp_path: Path) -> None:
    deep = DataFolder(tmp_path / ("long" * 30))
    other = DataFolder(tmp_path / ("long" * 31))
    assert len(str(deep.code_socket)) <= LONGEST_SOCKET
    assert deep.code_socket != other.code_socket
    assert DataFolder(Path("/srv/wb")).code_socket == Path("/srv/wb/dagster/code.sock")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # noqa: S104
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("192.0.2.1", "http://192.0.2.1:80"),
    ],
)
def test_where_this_machine_reaches_a_server(host: str, address: str) -> None:
    assert checks.http_address(host, 80) == address


def test_a_port_is_taken_on_its_address_only() -> None:
    with socket.create_server(("127.0.0.2", 0)) as other:
        port = other.getsockname()[1]
        checks.check_port(port, "127.0.0.1")
        with pytest.raises(CannotStart, match="is taken"):
            checks.check_port(port, "127.0.0.2")
