"""`workbench artifacts push` as a process, against a real server on loopback."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import pytest

from deploy.cli import artifacts
from tests.access.serving import serving
from tests.artifacts.conftest import Yard, as_bytes, shop_manifest
from tests.conftest import REPOSITORY
from tests.core.building import catalog_file

GOOD = shop_manifest("orders", "customers")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "target"
    (folder / "compiled").mkdir(parents=True)
    (folder / "manifest.json").write_bytes(as_bytes(GOOD))
    (folder / "catalog.json").write_bytes(as_bytes(catalog_file(orders={"id": "int"})))
    (folder / "compiled" / "manifest.json").write_text("not this one")
    return folder


@pytest.fixture
def url(yard: Yard) -> Iterator[str]:
    """A server, beside which drops are ingested as they come."""
    done = threading.Event()

    def ingest() -> None:
        while not done.wait(0.1):
            yard.ingest_waiting()

    worker = threading.Thread(target=ingest)
    worker.start()
    with serving(yard.settings) as address:
        yield f"http://{address}"
    done.set()
    worker.join()


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", "artifacts", *map(str, words)],
        env={**base, **environment},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_sends_waits_and_says_what_changed(yard: Yard, url: str, target: Path) -> None:
    done = run("push", target, "--url", url, "--workspace", "shop", "--environment", "prod")
    assert done.returncode == artifacts.OK, done.stderr
    assert "Sending manifest.json, catalog.json" in done.stderr
    assert "Ingested: 2 added, 0 changed, 0 removed." in done.stderr
    (drop,) = yard.drops()
    assert done.stdout.strip().startswith(f"{url}/w/shop/catalog?environment=prod&snapshot=")
    assert done.stdout.strip().endswith(str(drop.snapshot_id))
    assert "\r" not in done.stderr  # no bar where nobody looks
    assert yard.nodes("prod") == {"orders", "customers"}


def test_a_project_is_as_good_as_its_target_and_twice_is_once(yard: Yard, url: str, target: Path) -> None:
    for _ in range(2):
        done = run("push", target.parent, "--workspace", "shop", WORKBENCH_URL=url)
        assert done.returncode == artifacts.OK, done.stderr
    assert len(yard.drops()) == 1
    listed = run("list", "--workspace", "shop", WORKBENCH_URL=url)
    assert "\tingested\t" in listed.stdout


def test_without_waiting_it_ends_at_once(yard: Yard, url: str, target: Path) -> None:
    done = run("push", target, "--url", url, "--workspace", "shop", "--no-wait", "--label", "commit 7")
    assert done.returncode == artifacts.OK
    assert "Received as drop" in done.stderr
    assert yard.drops()[0].label == "commit 7"


def test_what_is_refused_at_the_door_ends_with_file_and_reason(yard: Yard, url: str, target: Path) -> None:
    (target / "catalog.json").write_text("{")
    done = run("push", target, "--url", url, "--workspace", "shop")
    assert done.returncode == artifacts.REFUSED
    assert "target/catalog.json is not valid JSON" in done.stderr
    assert "Traceback" not in done.stderr
    assert yard.nodes() == set()


def test_what_is_refused_by_the_ingest_ends_with_file_and_reason(yard: Yard, url: str, target: Path) -> None:
    (target / "manifest.json").write_text(json.dumps({**GOOD, "nodes": {"model.shop.x": 3}}))
    done = run("push", target, "--url", url, "--workspace", "shop")
    assert done.returncode == artifacts.REFUSED
    assert "Refused: manifest.json" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--workspace", "nothing"], "There is no workspace"),
        (["--workspace", "shop", "--environment", "staging"], "dev, prod"),
    ],
)
def test_what_does_not_exist_is_refused(url: str, target: Path, words: list[str], said: str) -> None:
    done = run("push", target, "--url", url, *words)
    assert done.returncode == artifacts.REFUSED
    assert said in done.stderr


def test_what_is_too_large_is_refused(url: str, target: Path) -> None:
    (target / "manifest.json").write_bytes(os.urandom(9_000_000))
    done = run("push", target, "--url", url, "--workspace", "shop")
    assert done.returncode == artifacts.REFUSED
    assert "8 MB at most" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--url", "localhost:8580"], "is no address"),
        ([], "Where to?"),
        (["--url", "http://127.0.0.1:1", "--token-file", "/no/such/file"], "token could not be read"),
    ],
)
def test_a_wrong_command_line_is_said(target: Path, words: list[str], said: str) -> None:
    done = run("push", target, "--workspace", "shop", *words)
    assert (done.returncode, said in done.stderr) == (artifacts.USAGE, True), done.stderr


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    done = run("push", tmp_path, "--workspace", "shop", "--url", "http://127.0.0.1:1")
    assert done.returncode == artifacts.USAGE
    assert "holds none of manifest.json" in done.stderr


def test_a_drop_that_does_not_end_is_left_to_itself(yard: Yard, target: Path) -> None:
    with serving(yard.settings) as address:
        done = run("push", target, "--url", f"http://{address}", "--workspace", "shop", "--timeout", "1")
    assert done.returncode == artifacts.UNFINISHED
    assert "is still waiting" in done.stderr


class Moody(BaseHTTPRequestHandler):
    """Fails in each way once, then takes what comes."""

    seen: ClassVar[list[str]] = []
    moods: ClassVar[list[str]] = ["hang up", "503", "429"]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        Moody.seen.append(str(self.headers["authorization"]))
        mood = Moody.moods.pop(0) if Moody.moods else "201"
        if mood == "hang up":
            self.connection.close()
            return
        drop = {"id": 1, "environment": "dev", "state": "waiting"}
        body = json.dumps(drop if mood == "201" else {"error": {"message": "Not now."}}).encode()
        self.send_response(int(mood))
        if mood != "201":
            self.send_header("retry-after", "0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def test_failures_of_the_line_and_the_server_are_tried_again(target: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), Moody)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    words = ("push", target, "--url", url, "--workspace", "shop", "--no-wait")
    done = run(*words, WORKBENCH_TOKEN="t0ken")
    server.shutdown()
    server.server_close()
    assert done.returncode == artifacts.OK, done.stderr
    assert Moody.seen == ["Bearer t0ken"] * 4
    assert done.stderr.count("Trying again") == 3
    assert "t0ken" not in done.stderr


def test_a_server_that_is_not_there_is_tried_ever_more_slowly(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(artifacts.Failed) as caught:
        artifacts.push(artifacts.Instance("http://127.0.0.1:1", None, "shop"), artifacts.Push(target))
    assert caught.value.code == artifacts.UNREACHED
    assert 0.8 <= pauses[0] <= 1.2  # the first pause is the first one, not twice that
    assert all(1.2 < later / earlier < 3.1 for earlier, later in pairwise(pauses))


def test_the_token_comes_from_where_nobody_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "token").write_text("from a file\n")
    assert artifacts.token_from(None, str(tmp_path / "token")) == "from a file"
    monkeypatch.setenv("WORKBENCH_TOKEN", "from the environment")
    assert artifacts.token_from(None, None) == "from the environment"
    assert capsys.readouterr().err == ""
    assert artifacts.token_from("from the option", None) == "from the option"
    assert "`ps`" in capsys.readouterr().err


class Terminal:
    """A terminal, as far as the bar can tell."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing waits."""


def test_a_terminal_gets_a_bar() -> None:
    out = Terminal()
    screen = artifacts.Screen(out)
    screen.progress(500_000, 1_000_000)
    assert "50% of 1.0 MB" in out.text
    screen.say("Done.")
    assert out.text.endswith("\r\033[KDone.\n")
