"""`make test`: every check as a step with its time. All of them run; it fails when any of them did.

    python tests/run_checks.py [STEP]...

The output of the test runner comes last, so that its closing lines stay in sight.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
WEB = ROOT / "ui_extensions"
E2E = "tests/e2e"


@dataclass(frozen=True)
class Step:
    """A check: its name, its command, and the folder it runs in."""

    name: str
    command: Sequence[str]
    cwd: Path = ROOT

    def run(self) -> "Outcome":
        """Run it with its output on the terminal."""
        print(f"\n=== {self.name}: {' '.join(self.command)}", flush=True)
        began = time.monotonic()
        environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
        status = subprocess.call(self.command, cwd=self.cwd, env=environment, stdin=subprocess.DEVNULL)
        return Outcome(self.name, status, time.monotonic() - began)


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    name: str
    status: int
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the check found nothing."""
        return self.status == 0

    def line(self) -> str:
        """A line of the closing table."""
        return f"  {self.name:<22} {'ok' if self.ok else f'FAILED ({self.status})':<12} {self.seconds:7.1f} s"


def python(module: str, *words: str) -> list[str]:
    """A command of this interpreter."""
    return [sys.executable, "-m", module, *words]


def npm(script: str) -> list[str]:
    """A script of the web app."""
    return [str(BIN / "npm"), "run", "--silent", script]


STEPS = (
    Step("ruff check", [str(BIN / "ruff"), "check", "--output-format=concise", "."]),
    Step("ruff format", [str(BIN / "ruff"), "format", "--check", "."]),
    Step("types", [str(BIN / "basedpyright")]),
    Step("imports", [str(BIN / "lint-imports")]),
    Step("advisories", [sys.executable, "tests/audit_dependencies.py"]),
    Step("openapi", python("api.openapi", "--check")),
    Step("web client", npm("check:generated"), WEB),
    Step("web lint", npm("lint"), WEB),
    Step("web types", npm("typecheck"), WEB),
    Step("web tests", npm("test"), WEB),
    # Each file has a product of its own; the one that takes longest goes first.
    Step(
        "browser tests", python("pytest", f"{E2E}/test_the_faults.py", E2E, "-n", "2", "--dist", "loadfile")
    ),
    Step("tests", python("pytest", "tests", f"--ignore={E2E}", "-n", "2")),
)


def main(wanted: Sequence[str]) -> int:
    """Run the steps (those named, or all); print the table. Returns the exit code."""
    unknown = set(wanted) - {step.name for step in STEPS}
    if unknown:
        print(
            f"No such step: {', '.join(sorted(unknown))}. There are: {', '.join(step.name for step in STEPS)}"
        )
        return 2
    outcomes = [step.run() for step in STEPS if not wanted or step.name in wanted]
    table = "\n".join(outcome.line() for outcome in outcomes)
    print(f"\n{table}\n  {'all':<22} {'':<12} {sum(o.seconds for o in outcomes):7.1f} s", flush=True)
    return 0 if all(outcome.ok for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
