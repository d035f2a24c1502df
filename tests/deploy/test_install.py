import subprocess
from pathlib import Path

import pytest

from deploy import install
from deploy.install import InstallError, Stamp


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(install, "ROOT", tmp_path)
    return tmp_path


def test_a_stamp_holds_until_a_source_changes(clone: Path) -> None:
    source = clone / "lock.txt"
    source.write_text("a==1")
    stamp = Stamp(clone / "made" / ".stamp", source)
    assert not stamp.is_current()
    stamp.set()
    assert Stamp(clone / "made" / ".stamp", source).is_current()
    source.write_text("a==2")
    assert not Stamp(clone / "made" / ".stamp", source).is_current()


def test_a_source_that_is_renamed_counts_as_changed(clone: Path) -> None:
    (clone / "a").write_text("x")
    Stamp(clone / ".stamp", clone / "a").set()
    (clone / "a").rename(clone / "b")
    assert not Stamp(clone / ".stamp", clone / "b").is_current()


def test_what_is_built_is_no_source(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("src/app.ts", "node_modules/x/index.js", "dist/index.html", "index.html"):
        path = clone / "web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    monkeypatch.setattr(install, "WEB", clone / "web")
    assert [path.name for path in install.web_sources()] == ["index.html", "app.ts"]


def test_an_old_python_is_refused_in_one_sentence(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert clone.exists()
    monkeypatch.setattr(install.sys, "version_info", (3, 9, 7))
    with pytest.raises(InstallError, match=r"Python 3\.11 or newer is needed; .* is 3\.9\.7\."):
        install.make_venv()


def test_pips_settings_reach_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    install.index_environment.cache_clear()
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.invalid/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    environment = install.index_environment()
    install.index_environment.cache_clear()
    assert environment["UV_DEFAULT_INDEX"] == "https://index.invalid/simple"
    assert environment["UV_FIND_LINKS"] == "/wheels"


def test_uvs_own_settings_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    install.index_environment.cache_clear()
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.invalid/simple")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.invalid/simple")
    environment = install.index_environment()
    install.index_environment.cache_clear()
    assert environment["UV_DEFAULT_INDEX"] == "https://mine.invalid/simple"


def test_make_lists_its_targets() -> None:
    said = subprocess.run(["make"], cwd=install.ROOT, capture_output=True, text=True, check=True).stdout
    for target in (
        "help",
        "install",
        "up",
        "test",
        "lint",
        "types",
        "fmt",
        "bench",
        "lock",
        "openapi",
        "web",
        "clean",
    ):
        assert f"make {target}" in said


def test_the_locks_hold_hashes_and_no_registry_address() -> None:
    for lock in (install.BOOTSTRAP, install.RUNTIME, install.DEV):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "--index-url" not in text
