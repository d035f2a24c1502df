"""Drop folder and bucket: what counts as a drop, when it is complete, and what is refused."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from core.artifacts import delivery, places
from core.artifacts.models import DropPlace, DropState
from core.artifacts.places import Place
from core.artifacts.state import places_in_words
from core.artifacts.store import ArtifactStore
from core.kit.database import Database
from core.workspaces.models import Workspace
from tests.artifacts.conftest import Yard, open_yard, shop_manifest, tar_of, zip_of
from tests.core.building import Raw, catalog_file, run_results

GOOD = shop_manifest("orders")


@pytest.fixture(params=["file", "memory"])
def bucket(request: pytest.FixtureRequest, db: Database, tmp_path: Path) -> Iterator[tuple[Yard, Any, str]]:
    """A yard with a bucket, the file system behind it, and the root of the shop in it."""
    root = f"{tmp_path}/bucket" if request.param == "file" else f"/bucket-{tmp_path.name}"
    url = f"{request.param}://{root}/{{workspace}}"
    fs = fsspec.filesystem(request.param)
    yield open_yard(db, tmp_path / "data", ARTIFACT_DROP_URL=url), fs, f"{root}/shop"
    if fs.exists(root):
        fs.rm(root, recursive=True)


def put(fs: Any, path: str, content: Raw | bytes) -> None:
    fs.makedirs(path.rpartition("/")[0], exist_ok=True)
    fs.pipe_file(path, content if isinstance(content, bytes) else json.dumps(content).encode())


def names_of(yard: Yard) -> list[tuple[str, list[str], str]]:
    return [(drop.label, [item["name"] for item in drop.files], drop.state) for drop in yard.drops()]


def place_of(yard: Yard, kind: str = places.FOLDER) -> DropPlace:
    with yard.db.session() as session:
        return session.get_one(DropPlace, (yard.workspace_id, kind))


def test_the_folder_is_made_at_the_first_look(yard: Yard) -> None:
    yard.look()
    assert yard.folder.is_dir()
    assert place_of(yard).problem is None
    assert yard.drops() == []


def test_a_drop_counts_once_it_looks_the_same_twice(yard: Yard) -> None:
    yard.put("nightly/manifest.json", GOOD)
    yard.look()
    assert yard.drops() == []
    yard.look()
    assert names_of(yard) == [("nightly", ["manifest.json"], "waiting")]
    yard.look(3)
    assert len(yard.drops()) == 1
    assert yard.left_over() == []
    assert (yard.folder / "nightly" / "manifest.json").exists()


def test_a_drop_that_still_grows_waits(yard: Yard) -> None:
    text = json.dumps(GOOD)
    for end in (100, 200, len(text)):
        yard.put("nightly/manifest.json", text[:end].encode())
        yard.look()
        assert yard.drops() == []
    yard.look()
    assert [drop.state for drop in yard.drops()] == ["waiting"]


def test_a_marker_makes_it_complete_at_once(yard: Yard) -> None:
    yard.put("nightly/target/manifest.json", GOOD)
    yard.put("nightly/target/catalog.json", catalog_file())
    yard.put("nightly/_SUCCESS", b"")
    yard.look()
    assert names_of(yard) == [("nightly", ["catalog.json", "manifest.json"], "waiting")]


def test_a_marker_from_before_says_nothing(yard: Yard) -> None:
    marker = yard.put("nightly/_SUCCESS", b"")
    os.utime(marker, (time.time() - 60, time.time() - 60))
    yard.put("nightly/manifest.json", GOOD)
    yard.look()
    assert yard.drops() == []
    yard.look()
    assert len(yard.drops()) == 1


def test_every_layout_is_a_drop(yard: Yard) -> None:
    yard.put("manifest.json", shop_manifest("a"))
    yard.put("folder/manifest.json", shop_manifest("b"))
    yard.put("folder/deeper/manifest.json", shop_manifest("not looked at"))
    yard.put("one.zip", zip_of({"target/manifest.json": shop_manifest("c")}))
    yard.put("two.tar.gz", tar_of({"manifest.json": shop_manifest("d")}))
    yard.put("ci/target.tgz", tar_of({"manifest.json": shop_manifest("e")}))
    yard.put("env=prod/run_results.json", run_results())
    yard.put("env=staging/42/manifest.json", shop_manifest("f"))
    yard.put("notes.txt", b"hello")
    yard.put(".hidden/manifest.json", GOOD)
    yard.look(2)
    assert {drop.label: drop.state for drop in yard.drops()} == dict.fromkeys(
        [".", "folder", "one.zip", "two.tar.gz", "ci", "env=prod", "env=staging/42"], "waiting"
    )
    yard.ingest_waiting()
    assert {drop.state for drop in yard.drops()} <= {DropState.INGESTED, DropState.SUPERSEDED}
    assert yard.nodes("staging") == {"f"}
    assert yard.nodes("prod") == set()


def test_the_same_content_is_one_drop_wherever_it_lies(yard: Yard) -> None:
    yard.put("one/manifest.json", GOOD)
    yard.put("two/manifest.json", GOOD)
    yard.put("three.zip", zip_of({"manifest.json": GOOD}))
    yard.look(2)
    assert len(yard.drops()) == 1
    yard.put("one/manifest.json", shop_manifest("other"))
    yard.look(2)
    assert len(yard.drops()) == 2


def test_two_daemons_at_once_make_one_drop(yard: Yard) -> None:
    """Both saw it before; neither knows of the other's look."""
    yard.put("nightly/manifest.json", GOOD)
    yard.look()
    with yard.db.session() as session:
        before = dict(session.get_one(DropPlace, (yard.workspace_id, "folder")).seen)
    yard.look()
    with yard.db.session() as session:
        session.get_one(DropPlace, (yard.workspace_id, "folder")).seen = before
    yard.look()
    assert len(yard.drops()) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "manifest.json is empty"),
        (b'{"metadata": ', "manifest.json is not valid JSON"),
        (b"\xff", "manifest.json is not valid UTF-8"),
        (b"\0", "manifest.json is not valid JSON: it holds a NUL byte"),
        (json.dumps(catalog_file()).encode(), "manifest.json holds a catalog artifact"),
    ],
)
def test_what_is_broken_is_refused_once_until_it_changes(yard: Yard, content: bytes, reason: str) -> None:
    before = yard.catalog()
    file = yard.put("nightly/manifest.json", content)
    yard.look(4)
    (drop,) = yard.drops()
    assert drop.state == DropState.REFUSED
    assert reason in (drop.reason or "")
    assert yard.store.path(drop.files[0]["digest"]).read_bytes() == content
    assert drop.files[0]["problem"] == drop.reason
    os.utime(file)
    yard.look(2)
    assert [drop.id for drop in yard.drops()] == [drop.id]
    assert yard.catalog() == before
    yard.put("nightly/manifest.json", GOOD)
    yard.look(2)
    assert [drop.state for drop in yard.drops()] == ["refused", "waiting"]


def test_a_drop_that_nobody_expected_holds_up_no_other(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = delivery.prepare

    def stumbling(store: ArtifactStore, delivered: Any, spool: Path, limits: Any) -> Any:
        if any("bad" in item.name for item in delivered):
            raise ZeroDivisionError("odd")
        return prepare(store, delivered, spool, limits)

    monkeypatch.setattr(delivery, "prepare", stumbling)
    yard.put("bad.tar.gz", tar_of({"manifest.json": GOOD}))
    yard.put("nightly/manifest.json", GOOD)
    yard.look(3)
    assert [drop.label for drop in yard.drops()] == ["nightly"]
    assert "bad.tar.gz: ZeroDivisionError('odd')" in (place_of(yard).problem or "")


def test_what_is_too_large_is_refused_unread(yard: Yard) -> None:
    path = yard.put("big/manifest.json", b"")
    with path.open("wb") as out:
        out.truncate(9_000_000)
    yard.look(3)
    (drop,) = yard.drops()
    assert drop.state == DropState.REFUSED
    assert "manifest.json is too large (9000000 bytes): a drop may have 8 MB" in (drop.reason or "")
    assert yard.left_over() == []


def test_a_drop_that_is_replaced_while_it_is_read_waits(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.put("nightly/manifest.json", shop_manifest("first"))
    yard.look()
    copy = Place.copy

    def replaced(place: Place, *arguments: Any) -> Any:
        found = copy(place, *arguments)
        yard.put("nightly/manifest.json", shop_manifest("second"))
        return found

    monkeypatch.setattr(Place, "copy", replaced)
    yard.look()
    assert yard.drops() == []
    assert yard.left_over() == []
    monkeypatch.undo()
    yard.look()
    assert yard.drops() == []
    yard.look()
    yard.ingest_waiting()
    assert yard.nodes() == {"second"}


def test_a_drop_that_goes_away_while_it_is_read_is_no_drop(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = yard.put("nightly/manifest.json", GOOD)
    yard.look()
    copy = Place.copy

    def gone(place: Place, *arguments: Any) -> Any:
        path.unlink()
        return copy(place, *arguments)

    monkeypatch.setattr(Place, "copy", gone)
    yard.look()
    assert yard.drops() == []
    assert "nightly" in (place_of(yard).problem or "")


def test_links_that_lead_out_are_not_followed(yard: Yard, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "manifest.json").write_text(json.dumps(GOOD))
    yard.folder.mkdir(parents=True)
    (yard.folder / "nightly").symlink_to(outside)
    (yard.folder / "manifest.json").symlink_to(outside / "manifest.json")
    yard.look(3)
    assert yard.drops() == []
    assert "nightly is a link that leads out of the folder" in (place_of(yard).problem or "")


def test_links_within_are_followed(yard: Yard) -> None:
    yard.put(".releases/1/manifest.json", GOOD)
    (yard.folder / "current").symlink_to(".releases/1")
    yard.look(2)
    assert names_of(yard) == [("current", ["manifest.json"], "waiting")]


def test_a_pipe_is_not_waited_for(yard: Yard) -> None:
    yard.folder.mkdir(parents=True)
    os.mkfifo(yard.folder / "manifest.json")
    yard.look(2)
    assert yard.drops() == []


def test_an_environment_that_cannot_be_is_said(yard: Yard) -> None:
    yard.put("env=a b/manifest.json", GOOD)
    yard.look(2)
    assert yard.drops() == []
    assert "'a b' cannot be the key of an environment" in (place_of(yard).problem or "")


def test_an_archived_workspace_is_not_looked_at(yard: Yard) -> None:
    with yard.db.session() as session:
        workspace = session.get_one(Workspace, yard.workspace_id)
        workspace.archived_at = workspace.created_at
    yard.put("nightly/manifest.json", GOOD)
    yard.look(2)
    assert yard.drops() == []


def test_drops_in_a_bucket(bucket: tuple[Yard, Any, str]) -> None:
    yard, fs, root = bucket
    put(fs, f"{root}/build-1/manifest.json", GOOD)
    put(fs, f"{root}/build-1/_SUCCESS", b"")
    put(fs, f"{root}/env=prod/build-2.zip", zip_of({"manifest.json": GOOD}))
    put(fs, f"{root}/broken/manifest.json", b"{")
    yard.look()
    assert names_of(yard) == [("build-1", ["manifest.json"], "waiting")]
    yard.look(2)
    assert sorted(names_of(yard)[1:]) == [
        ("broken", ["manifest.json"], "refused"),
        ("env=prod/build-2.zip", ["manifest.json"], "waiting"),
    ]
    assert {drop.source for drop in yard.drops()} == {"bucket"}
    yard.ingest_waiting()
    assert yard.nodes() == yard.nodes("prod") == {"orders"}
    assert fs.exists(f"{root}/build-1/manifest.json")


def test_a_bucket_whose_drop_is_replaced_while_it_is_read(
    bucket: tuple[Yard, Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    yard, fs, root = bucket
    put(fs, f"{root}/1/manifest.json", shop_manifest("first"))
    yard.look()
    copy = Place.copy

    def replaced(place: Place, *arguments: Any) -> Any:
        found = copy(place, *arguments)
        put(fs, f"{root}/1/manifest.json", shop_manifest("second"))
        return found

    monkeypatch.setattr(Place, "copy", replaced)
    yard.look()
    assert yard.drops() == []
    monkeypatch.undo()
    yard.look(2)
    yard.ingest_waiting()
    assert yard.nodes() == {"second"}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nosuch://user:s3cret@host/{workspace}", "nosuch"),
        ("ftp://user:s3cret@127.0.0.1:1/{workspace}?token=t0ken", ""),
    ],
)
def test_a_bucket_that_cannot_be_reached_is_said_without_its_secrets(
    db: Database, tmp_path: Path, url: str, said: str
) -> None:
    yard = open_yard(db, tmp_path / "data", ARTIFACT_DROP_URL=url)
    yard.put("nightly/manifest.json", GOOD)
    yard.look(2)
    assert len(yard.drops()) == 1  # the folder's
    row = place_of(yard, places.BUCKET)
    assert row.problem
    assert said in row.problem
    with yard.db.session() as session:
        workspace = session.get_one(Workspace, yard.workspace_id)
        shown = str(places_in_words(session, yard.settings, workspace))
    for text in (row.problem, row.address, shown, repr(yard.settings)):
        assert "s3cret" not in text
        assert "t0ken" not in text
