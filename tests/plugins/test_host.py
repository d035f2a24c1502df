"""The contract of plugins: what is loaded, what is refused with a reason, and that a bad one harms nobody."""

import json
from pathlib import Path
from typing import Any

import pytest

from plugins.host.manager import BUILTIN, PluginManager
from plugins.host.manifest import CAPABILITIES
from plugins.sdk import hooks
from plugins.sdk.hooks import Installation

GOOD = """
from plugins.sdk.hooks import Check, hook

@hook
def readiness_checks(installation):
    return [Check("sees " + installation.version)]
"""


def write_plugin(root: Path, folder: str, code: str | None = GOOD, **changes: Any) -> None:
    manifest = {
        "name": folder,
        "version": "1.0.0",
        "description": "For tests.",
        "author": "Nobody",
        "capabilities": ["readiness_checks"],
        **changes,
    }
    (root / folder / "backend").mkdir(parents=True)
    given = {key: value for key, value in manifest.items() if value is not None}
    (root / folder / "manifest.json").write_text(json.dumps(given))
    if code is not None:
        (root / folder / "backend" / "plugin.py").write_text(code)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation("9.9.9", tmp_path)


def test_a_good_plugin_is_active_and_asked(tmp_path: Path, installation: Installation) -> None:
    write_plugin(tmp_path, "good")
    manager = PluginManager([tmp_path])
    assert [(plugin.name, plugin.state) for plugin in manager.plugins] == [("good", "active")]
    answers = [(name, check.name) for name, check in manager.readiness_checks(installation)]
    assert answers == [("good", "sees 9.9.9")]


@pytest.mark.parametrize(
    ("code", "changes", "said"),
    [
        (GOOD, {"capabilities": []}, "without naming it among its capabilities"),
        (GOOD, {"capabilities": ["fly"]}, "unknown capabilities: fly"),
        (GOOD, {"version": "one"}, "version"),
        (GOOD, {"author": None}, "author"),
        (GOOD, {"surprise": 1}, "surprise"),
        (GOOD, {"name": "other"}, "'other'"),
        (None, {}, "backend/plugin.py is missing"),
        ("def (", {}, "SyntaxError"),
        ("import nothing_like_this", {}, "nothing_like_this"),
        ("raise SystemExit", {}, "SystemExit"),
    ],
)
def test_a_bad_plugin_is_refused_with_the_reason_and_the_good_one_works(
    tmp_path: Path, installation: Installation, code: str | None, changes: dict[str, Any], said: str
) -> None:
    write_plugin(tmp_path, "bad", code, **changes)
    write_plugin(tmp_path, "good")
    manager = PluginManager([tmp_path])
    bad, good = manager.plugins
    assert bad.state == "failed"
    assert said in (bad.reason or "")
    assert good.state == "active"
    assert len(manager.readiness_checks(installation)) == 1


def test_broken_json_is_a_reason(tmp_path: Path) -> None:
    write_plugin(tmp_path, "bad")
    (tmp_path / "bad" / "manifest.json").write_text("{")
    (plugin,) = PluginManager([tmp_path]).plugins
    assert (plugin.name, plugin.state) == ("bad", "failed")
    assert "not valid JSON" in (plugin.reason or "")


def test_a_hook_may_leave_arguments_out(tmp_path: Path, installation: Installation) -> None:
    code = GOOD.replace("(installation)", "()").replace(" + installation.version", "")
    write_plugin(tmp_path, "terse", code)
    ((name, check),) = PluginManager([tmp_path]).readiness_checks(installation)
    assert (name, check.name, check.problem) == ("terse", "sees ", None)


def test_a_plugin_that_raises_fails_its_own_check_only(tmp_path: Path, installation: Installation) -> None:
    write_plugin(tmp_path, "good")
    write_plugin(tmp_path, "raising", GOOD.replace("return", "raise RuntimeError('boom')\n    return"))
    checks = dict(PluginManager([tmp_path]).readiness_checks(installation))
    assert checks["good"].problem is None
    assert "boom" in (checks["raising"].problem or "")


def test_every_plugin_that_comes_with_the_product_is_active(installation: Installation) -> None:
    manager = PluginManager()
    assert [plugin.reason for plugin in manager.plugins] == [None] * len(manager.plugins)
    assert {path.parent.name for path in BUILTIN.glob("*/manifest.json")} == {p.name for p in manager.plugins}
    answers = {(check.name, check.problem) for _, check in manager.readiness_checks(installation)}
    assert ("disk_space", None) in answers


def test_the_disk_space_plugin_tells_of_a_full_disk(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 5_000_000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    problems = {check.name: check.problem for _, check in PluginManager().readiness_checks(installation)}
    assert "Only 5 MB" in (problems["disk_space"] or "")


def test_every_hook_is_documented_tested_and_a_capability() -> None:
    specified = {name for name in vars(hooks) if hasattr(getattr(hooks, name), "dbt_workbench_spec")}
    assert specified == CAPABILITIES
    source = Path(__file__).read_text()
    for name in specified:
        assert getattr(hooks, name).__doc__
        assert name in source
