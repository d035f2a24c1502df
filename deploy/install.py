"""`make install`: the virtual environment, what is locked for it, and the web app.

    python deploy/install.py [--dev] [--web]

Each step is skipped when what it depends on has not changed since it last went well. Nothing but Python is
needed: this runs before anything is installed, and uses the standard library only.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BOOTSTRAP, RUNTIME, DEV = (ROOT / "requirements" / f"{name}.txt" for name in ("bootstrap", "runtime", "dev"))
WEB = ROOT / "ui_extensions"
MODULES, BUILT = WEB / "node_modules", WEB / "dist" / "index.html"
NOT_SOURCES = frozenset({"node_modules", "dist", "coverage", "test-results"})
INSTALLED, INSTALLED_DEV = VENV / ".installed", VENV / ".installed-dev"
NEEDED = (3, 11)


class InstallError(Exception):
    """A step that failed, in one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring the clone up to date. Returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dev", action="store_true", help="also what the checks need")
    parser.add_argument("--web", action="store_true", help="the web app only")
    wanted = parser.parse_args(arguments)
    try:
        if not wanted.web:
            make_venv()
            install_runtime()
        if wanted.dev:
            install_dev()
        build_web_app()
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def make_venv() -> None:
    """Make `.venv` if it is missing, or its interpreter is gone or too old."""
    if sys.version_info < NEEDED:
        found = ".".join(map(str, sys.version_info[:3]))
        raise InstallError(f"Python 3.11 or newer is needed; {sys.executable} is {found}.")
    new_enough = f"import sys; sys.exit(sys.version_info < {NEEDED})"
    if Path(sys.prefix) == VENV or succeeds([str(PYTHON), "-c", new_enough], quiet=True):
        return
    say("making .venv")
    if not succeeds([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        raise InstallError(
            f"{sys.executable} cannot make a virtual environment; Debian: apt install python3-venv."
        )


def install_runtime() -> None:
    """Install exactly what is locked, and this repository as an editable package.

    That is `requirements/runtime.txt`, or `requirements/dev.txt` (a superset) where that is installed.
    """
    stamp = Stamp(INSTALLED, BOOTSTRAP, RUNTIME, ROOT / "pyproject.toml")
    if stamp.is_current():
        return
    say("installing the locked packages")
    ensure_pip()
    lock = DEV if INSTALLED_DEV.exists() else RUNTIME
    with_uv = succeeds(pip("-r", str(BOOTSTRAP))) and succeeds(
        uv("sync", "--quiet", "--require-hashes", "--compile-bytecode", str(lock), str(BOOTSTRAP))
    )
    if not with_uv:
        say("uv did not manage; trying pip")
        ensure_pip()
        needed(pip("-r", str(lock)))
    install_itself(with_uv=with_uv)
    stamp.set()
    if lock == DEV:
        Stamp(INSTALLED_DEV, DEV).set()


def install_itself(*, with_uv: bool) -> None:
    """Put the packages of the repository and the `workbench` command on the path."""
    options = ["--quiet", "--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    needed(uv("install", *options) if with_uv else [str(PYTHON), "-m", "pip", "install", *options])


def install_dev() -> None:
    """Add what the checks need; nothing is removed."""
    stamp = Stamp(INSTALLED_DEV, DEV)
    if stamp.is_current():
        return
    say("installing what the checks need")
    command = uv("install", "--quiet", "--require-hashes", "--compile-bytecode", "-r", str(DEV))
    if not succeeds(command):
        say("uv did not manage; trying pip")
        ensure_pip()
        needed(pip("-r", str(DEV)))
    stamp.set()


def build_web_app() -> None:
    """Build the web app with the Node of the virtual environment, if its sources have changed."""
    if not (WEB / "package.json").exists():
        return
    packages = Stamp(MODULES / ".installed", WEB / "package.json", WEB / "package-lock.json")
    if not packages.is_current():
        say("installing the web app's packages")
        # A lock made where the registry lacks other platforms' packages is refused by `ci`, and only by it.
        if not npm_succeeds("ci", "--silent"):
            npm("install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error")
        packages.set()
    build = Stamp(MODULES / ".built", *web_sources())
    if not (build.is_current() and BUILT.exists()):
        say("building the web app")
        npm("run", "--silent", "build")
        build.set()


def web_sources() -> Iterator[Path]:
    """Every file that the web app is built from."""
    for parent, folders, files in os.walk(WEB):
        folders[:] = sorted(name for name in folders if name not in NOT_SOURCES)
        yield from (Path(parent, name) for name in sorted(files))


class Stamp:
    """Remembers the content of files at the time a step went well."""

    def __init__(self, path: Path, *sources: Path) -> None:
        self._path = path
        digest = hashlib.sha256()
        for source in sources:
            digest.update(
                f"{source.relative_to(ROOT)}\0".encode() + hashlib.sha256(source.read_bytes()).digest()
            )
        self._content = digest.hexdigest()

    def is_current(self) -> bool:
        """Whether nothing has changed since."""
        return self._path.exists() and self._path.read_text() == self._content

    def set(self) -> None:
        """The step went well."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(self._content)


def pip(*words: str) -> list[str]:
    """A command of the virtual environment's pip that installs what is named by hash."""
    return [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", *words]


def uv(command: str, *words: str) -> list[str]:
    """A command of the virtual environment's uv."""
    return [str(VENV / "bin" / "uv"), "pip", command, "--python", str(PYTHON), *words]


def npm(*words: str) -> None:
    """Run npm in the web app's folder; it must go well."""
    if not npm_succeeds(*words):
        raise InstallError(
            f"The web app could not be built: `npm {' '.join(words)}` failed in {WEB} (see above)."
        )


def npm_succeeds(*words: str) -> bool:
    """Run npm in the web app's folder, with the Node of the virtual environment first on the path."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return (
        subprocess.call([str(VENV / "bin" / "npm"), *words], cwd=WEB, env={**os.environ, "PATH": path}) == 0
    )


def ensure_pip() -> None:
    """Have pip in the virtual environment: installing exactly what is locked may have removed it."""
    if not succeeds([str(PYTHON), "-m", "pip", "--version"], quiet=True):
        needed([str(PYTHON), "-m", "ensurepip"])


def needed(command: Sequence[str]) -> None:
    """Run a command that must go well."""
    if not succeeds(command):
        raise InstallError(f"This failed (see above): {' '.join(command)}")


def succeeds(command: Sequence[str], *, quiet: bool = False) -> bool:
    """Run a command of pip or uv; whether it went well."""
    output = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.call(command, env=index_environment(), cwd=ROOT, stdout=output, stderr=output) == 0
    except OSError:
        return False


@cache
def index_environment() -> Mapping[str, str]:
    """The environment for pip and uv; what pip is configured with is named the way uv reads it."""
    environment = dict(os.environ)
    configured = {
        "UV_DEFAULT_INDEX": pip_setting("index-url"),
        "UV_INDEX": pip_setting("extra-index-url"),
        "UV_FIND_LINKS": pip_setting("find-links"),
        "SSL_CERT_FILE": pip_setting("cert"),
    }
    for name, value in configured.items():
        if value:
            environment.setdefault(name, " ".join(value.split()))
    # As pip does: any index may serve what the lock names by hash.
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return environment


def pip_setting(name: str) -> str:
    """A setting of pip, from its environment variable or its configuration files; empty when unset."""
    variable = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if variable or not PYTHON.exists():
        return variable or ""
    asked = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "get", f"global.{name}"],
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() if asked.returncode == 0 else ""


def say(step: str) -> None:
    """A line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {step}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
