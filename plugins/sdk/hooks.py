"""The contract of plugins: what they may be asked, and the values they answer with.

A plugin is a folder with a `manifest.json` and a Python file `backend/plugin.py`. Functions there
that are marked with `hook` and named like a specification below are called by the product:

    from plugins.sdk.hooks import Check, Installation, hook

    @hook
    def readiness_checks(installation: Installation) -> list[Check]: ...

Each hook needs the capability of its name in the manifest; without it, it is not called.
Arguments may be left out, new ones may come: pluggy passes those that a function names
(https://pluggy.readthedocs.io).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pluggy

PROJECT: Final = "dbt_workbench"
specification = pluggy.HookspecMarker(PROJECT)
hook = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class Installation:
    """What a plugin may know of the installation it runs in."""

    version: str
    data_dir: Path


@dataclass(frozen=True)
class Check:
    """Whether something that the product needs is there. `problem` is None when it is."""

    name: str
    problem: str | None = None


@specification
def readiness_checks(installation: Installation) -> list[Check]:
    """Further conditions for the product to be ready, shown by `/health/ready`.

    Called at every readiness request: answer within a second, from what is at hand.
    """
    raise NotImplementedError
