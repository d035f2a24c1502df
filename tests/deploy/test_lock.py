import errno
import json
import os

import pytest

from deploy.local.errors import AlreadyRunning
from deploy.local.layout import DataFolder
from deploy.local.lock import DataFolderLock, running_on

ADDRESS = "http://127.0.0.1:8580"


def test_second_holder_is_refused_and_told_who_holds_it(data: DataFolder) -> None:
    with DataFolderLock(data.lock_file, ADDRESS):
        with pytest.raises(AlreadyRunning) as refusal, DataFolderLock(data.lock_file, "http://127.0.0.1:9"):
            pytest.fail("two holders")
        assert str(os.getpid()) in refusal.value.message
        assert ADDRESS in refusal.value.message
        assert refusal.value.exit_code == 4


def test_lock_is_free_again_afterwards(data: DataFolder) -> None:
    with DataFolderLock(data.lock_file, ADDRESS):
        pass
    assert running_on(data.lock_file) is None
    with DataFolderLock(data.lock_file, ADDRESS):
        running = running_on(data.lock_file)
    assert running is not None
    assert running.pid == os.getpid()


def test_nothing_runs_where_there_is_no_file_or_a_stale_one(data: DataFolder) -> None:
    assert running_on(data.lock_file) is None
    data.lock_file.write_text(json.dumps({"pid": 1, "address": ADDRESS, "started_at": "long ago"}))
    assert running_on(data.lock_file) is None


def test_services_are_on_record(data: DataFolder) -> None:
    with DataFolderLock(data.lock_file, ADDRESS) as lock:
        lock.describe({"api": {"pid": 7, "state": "ready", "log": "a" * 5000}})
        lock.describe({"api": {"pid": 8, "state": "stopped", "log": ""}})
        running = running_on(data.lock_file)
    assert running is not None
    assert running.services == {"api": {"pid": 8, "state": "stopped", "log": ""}}


def test_a_full_disk_does_not_stop_what_runs(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with DataFolderLock(data.lock_file, ADDRESS) as lock:
        monkeypatch.setattr(os, "pwrite", full)
        lock.describe({"api": {"pid": 7, "state": "ready", "log": ""}})
