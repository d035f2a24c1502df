"""What follows from what the audit tools say: canned answers, as the tools give them."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import audit_dependencies as audit
from tests.audit_dependencies import Finding, Vulnerability, decide, read_ignored, read_npm, read_pip

CLEAN_PIP = {"dependencies": [{"name": "fastapi", "version": "0.165.0", "vulns": []}], "fixes": []}
HOLE = {
    "id": "PYSEC-2026-1",
    "fix_versions": ["2"],
    "aliases": ["CVE-2026-1", "GHSA-aaaa"],
    "description": "x",
}
BAD_PIP = {
    "dependencies": [{"name": "jinja2", "version": "3.0", "vulns": [HOLE]}, *CLEAN_PIP["dependencies"]]
}
SKIPPED = {"name": "agate", "skip_reason": "Dependency not found on PyPI and could not be audited: agate (1)"}
CLEAN_NPM: dict[str, Any] = {"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {}}
VIA = {"source": 1, "url": "https://github.com/advisories/GHSA-bbbb", "title": "Bad", "range": "<3"}
BAD_NPM = {
    **CLEAN_NPM,
    "vulnerabilities": {"inner": {"via": [VIA]}, "outer": {"via": ["inner"]}},
}
AWAY = {"message": "405 Method Not Allowed - POST https://registry/-/npm/v1/security", "method": "POST"}


def test_nothing_known() -> None:
    verdict = decide({"pip": read_pip(json.dumps(CLEAN_PIP)), "npm": read_npm(json.dumps(CLEAN_NPM))}, {})
    assert (verdict.status, verdict.known, verdict.warnings) == (0, [], [])


def test_known_ones_fail_by_name() -> None:
    verdict = decide({"pip": read_pip(json.dumps(BAD_PIP)), "npm": read_npm(json.dumps(BAD_NPM))}, {})
    assert verdict.status == 1
    assert verdict.known == ["jinja2 3.0: PYSEC-2026-1, CVE-2026-1, GHSA-aaaa", "inner <3: GHSA-bbbb Bad"]


@pytest.mark.parametrize("name", ["PYSEC-2026-1", "CVE-2026-1", "GHSA-aaaa"])
def test_one_may_be_ignored_by_any_of_its_names_with_a_reason(name: str) -> None:
    verdict = decide({"pip": read_pip(json.dumps(BAD_PIP))}, {name: "never called by us"})
    assert verdict.status == 0
    assert "never called by us" in verdict.ignored[0]


def test_what_is_ignored_for_nothing_is_said() -> None:
    verdict = decide({"pip": read_pip(json.dumps(CLEAN_PIP))}, {"CVE-1": "never called by us"})
    assert verdict.status == 0
    assert "take it off the list" in verdict.warnings[0]


@pytest.mark.parametrize(
    "finding",
    [
        read_npm(json.dumps(AWAY)),
        read_npm("", "npm error audit endpoint returned an error\n"),
        read_npm("[]"),
        read_pip("", "ERROR:pip_audit._cli:Could not connect\n"),
        read_pip(""),
        read_pip(json.dumps({"dependencies": [SKIPPED, SKIPPED]})),
    ],
)
def test_a_source_out_of_reach_only_warns(finding: Finding) -> None:
    assert finding.trouble
    verdict = decide({"tool": finding}, {"CVE-1": "never called by us"})
    assert verdict.status == 0
    assert verdict.warnings == [f"tool: NOT CHECKED, the advisory source is out of reach: {finding.trouble}"]


def test_what_was_left_out_is_named_and_the_rest_still_counts() -> None:
    verdict = decide({"pip": read_pip(json.dumps({"dependencies": [SKIPPED, *BAD_PIP["dependencies"]]}))}, {})
    assert verdict.status == 1
    assert verdict.warnings == ["pip: not checked: agate"]


def test_one_out_of_reach_hides_nothing_of_the_other() -> None:
    verdict = decide({"npm": read_npm(json.dumps(AWAY)), "pip": read_pip(json.dumps(BAD_PIP))}, {})
    assert verdict.status == 1


def test_the_list_needs_reasons() -> None:
    text = "# a comment\n\nCVE-1  never called by us  # since 2026\n"
    assert read_ignored(text) == {"CVE-1": "never called by us"}
    for bad in ("CVE-1", "CVE-1 no", "CVE-1 # never called by us"):
        with pytest.raises(ValueError, match="CVE-1: say why"):
            read_ignored(bad)
    read_ignored(audit.IGNORED.read_text())


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ([sys.executable, "-c", "import time; time.sleep(9)"], "no answer within"),
        (["/nowhere/tool"], "No such file"),
        ([sys.executable, "-c", "import sys; sys.exit('gone')"], "gone"),
    ],
)
def test_a_tool_that_hangs_or_is_missing_is_out_of_reach(
    command: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "SECONDS", 1)
    assert said in (audit.ask(command, tmp_path, read_pip).trouble or "")


def test_a_tool_that_answers_is_read(tmp_path: Path) -> None:
    command = [sys.executable, "-c", f"import sys; print({json.dumps(BAD_NPM)!r}); sys.exit(1)"]
    finding = audit.ask(command, tmp_path, read_npm)
    assert finding.vulnerabilities == [Vulnerability("inner <3", ("GHSA-bbbb",), "Bad")]
