"""Single files at the door."""

import json
from pathlib import Path

import pytest

from core.artifacts.checking import KINDS, check_file
from core.kit.errors import WorkbenchError
from tests.artifacts.conftest import as_bytes, shop_manifest
from tests.core.building import Raw, catalog_file, run_results, schema_version, sources_file

GOOD: dict[str, Raw] = {
    "manifest.json": shop_manifest("orders"),
    "catalog.json": catalog_file(orders={"id": "int"}),
    "run_results.json": run_results(),
    "sources.json": sources_file(),
}
TEXT = as_bytes(GOOD["manifest.json"])


def refusal(tmp_path: Path, content: bytes | Raw, name: str = "manifest.json") -> str:
    path = tmp_path / "file"
    path.write_bytes(as_bytes(content))
    with pytest.raises(WorkbenchError) as caught:
        check_file(path, name, f"target.zip: {name}")
    (detail,) = caught.value.details
    assert detail.field == f"target.zip: {name}"
    assert caught.value.message == f"{detail.field} {detail.message}."
    assert caught.value.hint
    return detail.message


@pytest.mark.parametrize("name", KINDS)
def test_good_files_pass(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(as_bytes(GOOD[name]))
    check_file(path, name)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (TEXT[:-1], "it is cut off"),
        (TEXT[: len(TEXT) // 2], "is not valid JSON"),
        (b" ", "it is cut off"),
        (b"<html>", "is not valid JSON"),
        (b"\xef\xbb\xbf" + TEXT, "is not valid JSON"),
        (TEXT + b"x", "trailing characters"),
        (TEXT.replace(b"orders", b"ord\0rs"), "NUL byte"),
        (TEXT.replace(b"orders", b"ord\xffrs"), "not valid UTF-8"),
        (TEXT + "ü".encode()[:1], "in the middle of a character"),
        (b"[]", "it is not an object"),
        (b"null", "it is not an object"),
        (b"{}", "it has no metadata"),
        (b'{"metadata": 3}', "it has no metadata"),
        (b'{"metadata": {}}', "names no schema version"),
        (b'{"metadata": {"dbt_schema_version": "7"}}', "names no schema version"),
        (b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (as_bytes(GOOD["catalog.json"]), "holds a catalog artifact, not manifest"),
    ],
)
def test_bad_files_are_refused_with_file_and_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refusal(tmp_path, content)


@pytest.mark.parametrize("name", KINDS)
def test_every_wrong_file_under_a_right_name_is_refused(tmp_path: Path, name: str) -> None:
    for other, content in GOOD.items():
        if other != name:
            assert "artifact, not" in refusal(tmp_path, content, name)


def test_broken_utf8_is_found_across_pieces(tmp_path: Path) -> None:
    filler = "x" * (1 << 20)
    text = json.dumps({"metadata": schema_version("manifest", 12), "x": filler + "ü"}, ensure_ascii=False)
    path = tmp_path / "file"
    path.write_bytes(text.encode())
    check_file(path, "manifest.json")
    assert "UTF-8" in refusal(tmp_path, text.encode().replace("ü".encode(), b"\xc3("))
