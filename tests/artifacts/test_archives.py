"""Archives of target/, good and hostile."""

import errno
import io
import stat
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from core.artifacts import archives
from core.artifacts.errors import MalformedArtifact
from tests.artifacts.conftest import shop_manifest, tar_of, zip_of

GOOD = shop_manifest("orders")
MB = 1_000_000


def unpacked(tmp_path: Path, content: bytes, limit: int = 12 * MB) -> dict[str, bytes]:
    path = tmp_path / "archive"
    path.write_bytes(content)
    into = tmp_path / "into"
    into.mkdir(exist_ok=True)
    found = archives.unpack(path, "target.bin", into, limit)
    assert {item.path.parent for item in found} <= {into}
    return {item.name: item.path.read_bytes() for item in found}


def refused(tmp_path: Path, content: bytes, limit: int = 12 * MB) -> str:
    with pytest.raises(MalformedArtifact) as caught:
        unpacked(tmp_path, content, limit)
    assert caught.value.details
    assert caught.value.message.startswith("target.bin")
    return caught.value.message


def tar_with(*members: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return out.getvalue()


def special(name: str, kind: bytes, leads: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, leads
    return info


PACKERS: list[Callable[..., bytes]] = [tar_of, lambda members: tar_of(members, "w"), zip_of]


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("prefix", ["", "./", "target/", "./target/"])
def test_artifacts_are_taken_from_the_top_and_from_target(
    tmp_path: Path, pack: Callable[..., bytes], prefix: str
) -> None:
    members = {
        f"{prefix}manifest.json": b"one",
        f"{prefix}catalog.json": b"two",
        f"{prefix}graph.gpickle": b"x",
    }
    assert unpacked(tmp_path, pack(members)) == {"manifest.json": b"one", "catalog.json": b"two"}


@pytest.mark.parametrize("pack", PACKERS)
def test_nested_ones_are_ignored(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    members = {
        "target/manifest.json": b"one",
        "target/compiled/manifest.json": b"two",
        "a/catalog.json": b"x",
    }
    assert unpacked(tmp_path, pack(members)) == {"manifest.json": b"one"}


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("../manifest.json", "leads out"),
        ("target/../../manifest.json", "leads out"),
        ("..\\manifest.json", "leads out"),
        ("target/compiled/../../../x.sql", "leads out"),
        ("/etc/manifest.json", "absolute"),
        ("C:\\manifest.json", "absolute"),
    ],
)
def test_names_that_climb_out_are_refused(
    tmp_path: Path, pack: Callable[..., bytes], member: str, reason: str
) -> None:
    message = refused(tmp_path, pack({"manifest.json": b"{}", member: b"{}"}))
    assert reason in message
    assert member in message


@pytest.mark.parametrize("pack", PACKERS)
def test_the_same_file_twice_is_refused(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    assert "twice" in refused(tmp_path, pack({"manifest.json": b"{}", "target/manifest.json": b"[]"}))


@pytest.mark.parametrize("pack", PACKERS)
def test_an_archive_of_other_things_is_refused(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    assert "holds none of manifest.json" in refused(tmp_path, pack({"readme.md": b"hello"}))


@pytest.mark.parametrize(
    "member",
    [
        special("manifest.json", tarfile.SYMTYPE, "/etc/passwd"),
        special("target/manifest.json", tarfile.LNKTYPE, "/etc/passwd"),
        special("manifest.json", tarfile.CHRTYPE),
        special("manifest.json", tarfile.FIFOTYPE),
        special("target", tarfile.SYMTYPE, "/etc"),
    ],
)
def test_links_and_devices_are_refused(tmp_path: Path, member: tarfile.TarInfo) -> None:
    message = refused(tmp_path, tar_with(member))
    assert "special file" in message
    assert member.name in message


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("target/manifest.json")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "target/manifest.json is a link" in refused(tmp_path, out.getvalue())


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_of({"manifest.json": b"{}"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + offset
        content[at : at + 2] = struct.pack("<H", 1)
    assert "manifest.json is encrypted" in refused(tmp_path, bytes(content))


def test_a_zip_whose_content_is_damaged_is_refused_by_member(tmp_path: Path) -> None:
    body = b"".join(b"%d" % number for number in range(5000))
    content = bytearray(zip_of({"target/manifest.json": body}))
    content[2000] ^= 0xFF
    message = refused(tmp_path, bytes(content))
    assert "target/manifest.json cannot be read" in message


def odd_zips() -> dict[str, bytes]:
    """Zips that Python's zipfile takes up with errors of other kinds than its own."""
    name = bytearray(zip_of({"target/ä.json": b"{}", "manifest.json": b"{}"}))
    while (at := name.find("ä".encode())) >= 0:
        name[at : at + 2] = b"\xff\xfe"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("manifest.json", bytes(range(256)) * 40)
    lzma = bytearray(packed.getvalue())
    lzma[60:90] = b"\xff" * 30
    return {"name": bytes(name), "lzma": bytes(lzma)}


@pytest.mark.parametrize("kind", ["name", "lzma"])
def test_a_zip_of_odd_bytes_is_refused(tmp_path: Path, kind: str) -> None:
    message = refused(tmp_path, odd_zips()[kind])
    assert "broken" in message or "cannot be read" in message


@pytest.mark.parametrize(
    "headers", [{"GNU.sparse.map": "a,b"}, {"GNU.sparse.size": "x"}, {"GNU.sparse.realsize": "x"}]
)
def test_a_tar_whose_headers_are_no_numbers_is_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    info = tarfile.TarInfo("manifest.json")
    info.pax_headers = headers
    assert "broken" in refused(tmp_path, tar_with(info))


def test_a_full_disk_is_not_the_archives_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archives._Archive, "take", full)
    with pytest.raises(OSError, match="No space left"):
        unpacked(tmp_path, zip_of({"manifest.json": b"{}"}))


BODY = zlib.compress(b"".join(b"%d," % (number * 7919) for number in range(20_000)))


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("kept", [0.05, 0.3, 0.6, 0.95])
def test_truncated_archives_are_refused(tmp_path: Path, pack: Callable[..., bytes], kept: float) -> None:
    content = pack({"target/manifest.json": BODY, "target/catalog.json": BODY})
    message = refused(tmp_path, content[: int(len(content) * kept)])
    assert "broken" in message or "cannot be read" in message


def test_a_tar_that_is_cut_between_two_members_is_refused(tmp_path: Path) -> None:
    """Python's tarfile takes it for a whole one, and the catalog would be missing."""
    whole = tar_of({"target/manifest.json": b"x" * 512, "target/catalog.json": b"y" * 512}, "w")
    assert "its end is missing" in refused(tmp_path, whole[:1024])


@pytest.mark.parametrize("pack", PACKERS)
def test_what_unpacks_to_more_than_is_allowed_is_refused(tmp_path: Path, pack: Callable[..., bytes]) -> None:
    message = refused(tmp_path, pack({"manifest.json": BODY * 30}), limit=MB)
    assert "unpacks to more than 1 MB (ARTIFACT_UNPACKED_MAX_MB)" in message


@pytest.mark.parametrize("pack", [tar_of, zip_of])
@pytest.mark.parametrize("member", ["target/manifest.json", "target/big.bin"])
def test_bombs_are_refused_on_the_way_and_in_little_memory(
    tmp_path: Path, pack: Callable[..., bytes], member: str
) -> None:
    content = pack({member: bytes(150 * MB), "manifest.json": b"{}"})
    assert len(content) < 200_000
    tracemalloc.start()
    if pack is zip_of and member == "target/big.bin":
        assert unpacked(tmp_path, content, 4000 * MB) == {"manifest.json": b"{}"}  # never opened
    else:
        assert "bomb" in refused(tmp_path, content, 4000 * MB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * MB


def test_a_tar_header_as_long_as_a_book_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    info = special("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    info.size = 5 * MB
    out.write(info.tobuf(tarfile.GNU_FORMAT) + b"a" * 5 * MB)
    message = refused(tmp_path, out.getvalue())
    assert "longer than any name" in message or "broken" in message


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x1f\x8b", b"\x1f\x8bnothing of the kind", b"PK\x03\x04", b"PK\x05\x06" + bytes(18)],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    refused(tmp_path, content)


def test_a_zip_with_a_directory_that_fills_memory_is_refused(tmp_path: Path) -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 90 * MB, 4, 0)
    path = tmp_path / "archive"
    with path.open("wb") as out:
        out.write(b"PK\x03\x04")
        out.truncate(90 * MB + 4)
        out.seek(90 * MB + 4)
        out.write(end)
    (tmp_path / "into").mkdir()
    with pytest.raises(MalformedArtifact, match="members"):
        archives.unpack(path, "target.zip", tmp_path / "into", MB)


def test_a_lying_size_does_not_help(tmp_path: Path) -> None:
    """The size that a zip names is not believed: what comes out is counted."""
    content = bytearray(zip_of({"manifest.json": bytes(3 * MB)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature) + offset
        content[at : at + 4] = struct.pack("<L", 10)
    with pytest.raises(MalformedArtifact):
        unpacked(tmp_path, bytes(content), limit=MB)
