"""Known vulnerabilities in what is installed for users: Python's lock, and what the web app ships.

    python tests/audit_dependencies.py

A known one fails the check, unless `requirements/advisories_ignored.txt` says why it does not matter here.
An advisory source out of reach is said, and fails nothing.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
IGNORED = ROOT / "requirements" / "advisories_ignored.txt"
SECONDS = 60
SHORTEST_REASON = 10

PIP = [
    *(str(BIN / "pip-audit"), "-r", "requirements/runtime.txt", "--require-hashes", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
]
NPM = [str(BIN / "npm"), "audit", "--omit=dev", "--json"]


@dataclass(frozen=True)
class Vulnerability:
    """A package with a known hole, and the names by which the hole is known."""

    package: str
    names: tuple[str, ...]
    title: str = ""

    def line(self) -> str:
        """It in one line."""
        return f"{self.package}: {', '.join(self.names)} {self.title}".rstrip()


@dataclass(frozen=True)
class Finding:
    """What one tool said: holes, and what it could not look at."""

    vulnerabilities: Sequence[Vulnerability] = ()
    unchecked: Sequence[str] = ()
    trouble: str | None = None


@dataclass
class Verdict:
    """What follows from it."""

    known: list[str] = field(default_factory=list[str])
    ignored: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])

    @property
    def status(self) -> int:
        """The exit code."""
        return 1 if self.known else 0


def read_pip(output: str, errors: str = "") -> Finding:
    """What pip-audit says with `--format json`."""
    parsed = _object(output)
    packages = parsed.get("dependencies")
    if not isinstance(packages, list):
        return Finding(trouble=_last_line(errors) or "it said nothing")
    skipped = [str(item["name"]) for item in packages if "skip_reason" in item]
    if packages and len(skipped) == len(packages):
        return Finding(trouble=f"none of the {len(packages)} packages is known to it")
    return Finding(
        [
            Vulnerability(f"{item['name']} {item['version']}", (hole["id"], *hole.get("aliases", ())))
            for item in packages
            for hole in item.get("vulns", ())
        ],
        skipped,
    )


def read_npm(output: str, errors: str = "") -> Finding:
    """What `npm audit --json` says."""
    parsed = _object(output)
    found = parsed.get("vulnerabilities")
    if not isinstance(found, dict):
        return Finding(trouble=str(parsed.get("message") or _last_line(errors) or "it said nothing"))
    return Finding([hole for name, item in found.items() for hole in _npm_holes(str(name), item)])


def _npm_holes(name: str, item: Mapping[str, Any]) -> Iterator[Vulnerability]:
    """A `via` that is a name only stands for the hole of another package, which is listed itself."""
    for via in item.get("via", ()):
        if isinstance(via, dict):
            names = (str(via.get("url", "")).rpartition("/")[2] or str(via.get("source")),)
            yield Vulnerability(f"{name} {via.get('range', '')}".rstrip(), names, str(via.get("title", "")))


def read_ignored(text: str) -> dict[str, str]:
    """Advisories that do not matter here, each with its reason.

    Raises:
        ValueError: a line gives none.
    """
    reasons: dict[str, str] = {}
    for line in text.splitlines():
        name, _, reason = line.partition("#")[0].strip().partition(" ")
        if name and len(reason.strip()) < SHORTEST_REASON:
            msg = f"{name}: say why it does not matter here"
            raise ValueError(msg)
        if name:
            reasons[name] = reason.strip()
    return reasons


def decide(findings: Mapping[str, Finding], ignored: Mapping[str, str]) -> Verdict:
    """Known holes fail, unless they are ignored for a reason; what could not be looked at is said."""
    verdict = Verdict()
    seen: set[str] = set()
    for tool, finding in findings.items():
        if finding.trouble is not None:
            verdict.warnings.append(
                f"{tool}: NOT CHECKED, the advisory source is out of reach: {finding.trouble}"
            )
        if finding.unchecked:
            verdict.warnings.append(f"{tool}: not checked: {', '.join(finding.unchecked)}")
        for hole in finding.vulnerabilities:
            reasons = [name for name in hole.names if name in ignored]
            seen.update(reasons)
            if reasons:
                verdict.ignored.append(f"{hole.line()} - ignored: {ignored[reasons[0]]}")
            else:
                verdict.known.append(hole.line())
    if all(finding.trouble is None for finding in findings.values()):
        verdict.warnings += [
            f"{name} is ignored but found nowhere: take it off the list"
            for name in ignored
            if name not in seen
        ]
    return verdict


def ask(command: Sequence[str], cwd: Path, read: Callable[[str, str], Finding]) -> Finding:
    """Run a tool, within bounds."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Finding(trouble=f"no answer within {SECONDS} seconds")
    except OSError as error:
        return Finding(trouble=str(error))
    return read(done.stdout, done.stderr)


def main() -> int:
    """Ask both, print what they know. Returns the exit code."""
    verdict = decide(
        {"pip-audit": ask(PIP, ROOT, read_pip), "npm audit": ask(NPM, ROOT / "ui_extensions", read_npm)},
        read_ignored(IGNORED.read_text()),
    )
    for line in verdict.warnings + verdict.ignored:
        print(f"warning: {line}")
    for line in verdict.known:
        print(f"KNOWN VULNERABILITY {line}")
    if not verdict.known:
        print(
            "no known vulnerability" + (" in what could be checked, if anything" if verdict.warnings else "")
        )
    return verdict.status


def _object(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


if __name__ == "__main__":
    sys.exit(main())
