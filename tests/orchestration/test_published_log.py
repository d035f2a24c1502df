"""Logs of workers with another disk: through Dagster's compute log manager, part by part."""

# ruff: noqa: ARG002, FBT001, FBT002 - the manager's methods are Dagster's own

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dagster import DagsterInstance
from dagster._core.storage.cloud_storage_compute_log_manager import CloudStorageComputeLogManager
from dagster._core.storage.compute_log_manager import ComputeIOType
from dagster._core.storage.local_compute_log_manager import IO_TYPE_EXTENSION, LocalComputeLogManager

from core.kit.errors import Unavailable
from core.runs import log_mirror
from core.runs.log import LogWriter, log_path, read_log
from core.runs.log_mirror import LogMirror
from orchestration.lib import published_log
from orchestration.lib.published_log import PublishedLog, publishing


class Bucket(CloudStorageComputeLogManager[Any]):
    """Dagster's own manager of logs in the cloud, over a folder."""

    def __init__(self, bucket: Path, local: Path) -> None:
        self._bucket = bucket
        self._local = LocalComputeLogManager(str(local))
        self.uploads: list[int] = []
        self.is_away = False

    @property
    def local_manager(self) -> LocalComputeLogManager:
        return self._local

    @property
    def upload_interval(self) -> int | None:
        return None

    def _place(self, log_key: Sequence[str], io_type: ComputeIOType) -> Path:
        return self._bucket.joinpath(*log_key).with_suffix(f".{IO_TYPE_EXTENSION[io_type]}")

    def delete_logs(self, log_key: Any = None, prefix: Any = None) -> None:
        raise NotImplementedError

    def download_url_for_type(self, log_key: Sequence[str], io_type: ComputeIOType) -> str | None:
        return None

    def display_path_for_type(self, log_key: Sequence[str], io_type: ComputeIOType) -> str:
        return str(self._place(log_key, io_type))

    def cloud_storage_has_logs(
        self, log_key: Sequence[str], io_type: ComputeIOType, partial: bool = False
    ) -> bool:
        return self._place(log_key, io_type).exists()

    def upload_to_cloud_storage(
        self, log_key: Sequence[str], io_type: ComputeIOType, partial: bool = False
    ) -> None:
        if self.is_away:
            raise OSError("the bucket does not answer")
        source = Path(self._local.get_captured_local_path(log_key, IO_TYPE_EXTENSION[io_type]))
        if source.exists():
            place = self._place(log_key, io_type)
            assert not place.exists(), "a part is written once"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)
            self.uploads.append(source.stat().st_size)

    def download_from_cloud_storage(
        self, log_key: Sequence[str], io_type: ComputeIOType, partial: bool = False
    ) -> None:
        path = Path(self._local.get_captured_local_path(log_key, IO_TYPE_EXTENSION[io_type]))
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._place(log_key, io_type), path)


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setattr(published_log, "PART_BYTES", 2_000)
    monkeypatch.setattr(log_mirror, "ASK_SECONDS", 0)
    return Bucket(tmp_path / "bucket", tmp_path / "local")


@pytest.fixture
def mirror(bucket: Bucket, tmp_path: Path) -> LogMirror:
    """The API on another machine, whose Dagster reads the same bucket."""
    there = Bucket(tmp_path / "bucket", tmp_path / "webserver")

    def read(key: list[str]) -> str | None:
        found = there.get_log_data(key).stdout
        return found.decode() if found else None

    return LogMirror(tmp_path / "api", read)


def texts(mirror: LogMirror) -> list[str]:
    return [line.text for line in read_log(mirror.path_of("run-1"))]


def test_a_log_is_read_where_its_worker_has_no_disk(
    bucket: Bucket, mirror: LogMirror, tmp_path: Path
) -> None:
    path = log_path(tmp_path / "worker", "run-1")
    published = PublishedLog(bucket, "run-1", path)
    assert texts(mirror) == []
    said: list[str] = []
    with LogWriter(path) as log:
        for number in range(100):
            said.append(f"line {number} é {'x' * (number % 7) * 50}")
            log.write(said[-1], step=1)
            if number % 9 == 0:
                published.publish()
                assert texts(mirror) == said
    published.publish()
    assert texts(mirror) == said
    # Every byte is carried once, however often somebody looks.
    assert sum(bucket.uploads) == path.stat().st_size
    assert mirror.path_of("run-1").read_bytes() == path.read_bytes()
    again = LogMirror(tmp_path / "api", lambda _: None)
    assert texts(again) == said


def test_a_bucket_or_a_dagster_that_is_away_loses_nothing(
    bucket: Bucket, mirror: LogMirror, tmp_path: Path
) -> None:
    path = log_path(tmp_path / "worker", "run-1")
    with LogWriter(path) as log:
        log.write("one", step=1)

    def away(_: list[str]) -> str | None:
        raise Unavailable("Dagster does not answer.")

    published = PublishedLog(bucket, "run-1", path)
    bucket.is_away = True
    published.publish()
    assert texts(mirror) == []
    bucket.is_away = False
    published.publish()
    assert texts(LogMirror(tmp_path / "api", away)) == []
    assert texts(mirror) == ["one"]


def test_a_copy_that_was_cut_short_is_made_whole(bucket: Bucket, mirror: LogMirror, tmp_path: Path) -> None:
    path = log_path(tmp_path / "worker", "run-1")
    with LogWriter(path) as log:
        for number in range(30):
            log.write(f"line {number}", step=1)
    PublishedLog(bucket, "run-1", path).publish()
    whole = texts(mirror)
    copy = mirror.path_of("run-1")
    with copy.open("ab") as file:
        file.write(b'{"line": 31, "at"')
    with LogWriter(path) as log:
        log.write("the next", step=1)
    published = PublishedLog(bucket, "run-1", path)
    published._parts, published._offset = len(bucket.uploads), sum(bucket.uploads)
    published.publish()
    assert texts(mirror) == [*whole, "the next"]


def test_our_own_disk_is_read_first_and_local_managers_carry_nothing(
    bucket: Bucket, mirror: LogMirror, tmp_path: Path
) -> None:
    with LogWriter(log_path(tmp_path / "api", "run-1")) as log:
        log.write("here", step=1)
    assert mirror.path_of("run-1") == log_path(tmp_path / "api", "run-1")
    with DagsterInstance.ephemeral() as instance, publishing(instance, "run-1", tmp_path / "log"):
        pass
    path = log_path(tmp_path / "worker", "run-2")
    remote: Any = SimpleNamespace(compute_log_manager=bucket)
    with publishing(remote, "run-2", path), LogWriter(path) as log:
        log.write("there", step=1)
    assert sum(bucket.uploads) == path.stat().st_size
