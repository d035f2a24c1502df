import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local.layout import REPOSITORY, DataFolder
from deploy.local.lock import DataFolderLock

DATABASE = "postgresql://me:s3cret@127.0.0.1:1/db"


def workbench(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    base = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WORKBENCH_", "DATABASE_", "AUTH_ENABLED"))
    }
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *words],
        env={**base, **environment},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusal(done: subprocess.CompletedProcess[str], status: int) -> str:
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_help_is_quick_and_names_the_commands_and_exit_codes() -> None:
    began = time.monotonic()
    said = workbench("--help").stdout
    assert time.monotonic() - began < 3
    for word in ("up", "status", "check", "version", "Exit codes"):
        assert word in said


def test_help_imports_nothing_heavy() -> None:
    program = "import sys, deploy.cli.main; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    for heavy in ("dagster", "sqlalchemy", "pydantic", "psycopg", "psutil"):
        assert f"'{heavy}'" not in loaded


def test_a_second_start_is_refused_and_names_the_first(data: DataFolder) -> None:
    with DataFolderLock(data.lock_file, "http://127.0.0.1:9999"):
        said = refusal(workbench("up", "--data", str(data.root)), 4)
    assert f"process {os.getpid()}, http://127.0.0.1:9999" in said


def test_a_taken_port_is_named(data: DataFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Port {port} is taken" in refusal(
            workbench("up", "--data", str(data.root), "--port", str(port)), 3
        )


@pytest.mark.parametrize("port", ["0", "65536"])
def test_an_impossible_port_is_refused(port: str) -> None:
    assert f"--port {port}: choose a port from 1 to 65535" in refusal(workbench("up", "--port", port), 2)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104
def test_an_open_address_needs_login(data: DataFolder, host: str) -> None:
    said = refusal(workbench("up", "--data", str(data.root), "--host", host), 2)
    assert f"{host} is open to the network and nobody has to log in" in said


def test_an_address_that_is_not_this_machines(data: DataFolder) -> None:
    up = ("up", "--data", str(data.root), "--host")
    assert "This machine has no address 192.0.2.1" in refusal(
        workbench(*up, "192.0.2.1", AUTH_ENABLED="true"), 3
    )
    assert "The address no.such.host.invalid is not known" in refusal(
        workbench(*up, "no.such.host.invalid", AUTH_ENABLED="true"), 3
    )


def test_a_project_that_is_none(tmp_path: Path) -> None:
    assert "no folder" in refusal(workbench("up", "--project", str(tmp_path / "nowhere")), 2)
    assert "dbt_project.yml" in refusal(workbench("up", "--project", str(tmp_path)), 2)


def test_a_wrong_setting_is_named() -> None:
    said = refusal(workbench("up", WORKBENCH_PROT="1"), 2)
    assert "WORKBENCH_PROT" in said
    assert "did you mean WORKBENCH_PORT?" in said


def test_a_wrong_database_is_one_sentence_without_the_password(data: DataFolder) -> None:
    said = refusal(workbench("up", "--data", str(data.root), DATABASE_URL=DATABASE), 3)
    assert "no server listens at 127.0.0.1:1" in said
    assert "s3cret" not in said


def test_an_unusable_data_folder() -> None:
    assert "/proc/nowhere cannot be used" in refusal(workbench("up", "--data", "/proc/nowhere"), 3)


def test_status_of_nothing(data: DataFolder) -> None:
    done = workbench("status", "--data", str(data.root))
    assert done.returncode == 1
    assert "Nothing runs on" in done.stdout


def test_status_of_something(data: DataFolder) -> None:
    with DataFolderLock(data.lock_file, "http://127.0.0.1:1") as lock:
        lock.describe({"api": {"pid": 77, "state": "ready", "log": "x"}})
        done = workbench("status", "--data", str(data.root))
    assert done.returncode == 1
    assert f"process {os.getpid()}, http://127.0.0.1:1" in done.stdout
    assert "process 77" in done.stdout
    assert "Not ready" in done.stdout


def test_check_says_what_is_wrong_and_what_is_right(data: DataFolder) -> None:
    done = workbench("check", "--data", str(data.root), DATABASE_URL=DATABASE)
    assert done.returncode == 3
    assert "data folder        ok" in done.stdout
    assert "database           failed" in done.stdout


def test_version() -> None:
    assert workbench("version").stdout.startswith("dbt Workbench ")
