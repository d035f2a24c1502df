"""Whether what a process has imported is still what is installed."""

import hashlib
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("core", "orchestration")


def fingerprint() -> str:
    """Another one once a package is installed, removed or upgraded, or our own code changes."""
    digest = hashlib.blake2b(digest_size=16)
    for name, changed in sorted(_seen()):
        digest.update(f"{name}\0{changed}\n".encode())
    return digest.hexdigest()


def _seen() -> Iterator[tuple[str, int]]:
    """Each installation adds or removes an entry of the folder of packages, which changes its time."""
    for name in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        yield name, Path(name).stat().st_mtime_ns
    for room in ROOMS:
        for path in (REPOSITORY / room).rglob("*.py"):
            yield str(path), path.stat().st_mtime_ns
