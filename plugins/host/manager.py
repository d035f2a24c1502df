"""The plugins of this process."""

import importlib.util
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

import pluggy

from core.kit.errors import Invalid
from plugins.host.manifest import CAPABILITIES, FILE, PluginManifest, read_manifest
from plugins.sdk import hooks
from plugins.sdk.hooks import Check, Installation

log = logging.getLogger("workbench.plugins")
BUILTIN = Path(__file__).parents[1] / "builtin"


@dataclass(frozen=True)
class Plugin:
    """A plugin that was found. One that could not be loaded is `failed`, with the reason."""

    folder: Path
    manifest: PluginManifest | None
    state: Literal["active", "failed"]
    reason: str | None = None

    @property
    def name(self) -> str:
        """The name in its manifest, or else its folder's."""
        return self.manifest.name if self.manifest else self.folder.name


class PluginManager:
    """Loads every plugin below some folders and asks them on behalf of the product."""

    def __init__(self, folders: Sequence[Path] = (BUILTIN,)) -> None:
        self._hooks = pluggy.PluginManager(hooks.PROJECT)
        self._hooks.add_hookspecs(hooks)
        found = sorted(path.parent for folder in folders for path in folder.glob(f"*/{FILE}"))
        self.plugins = [self._load(folder) for folder in found]

    def _load(self, folder: Path) -> Plugin:
        manifest: PluginManifest | None = None
        try:
            manifest = read_manifest(folder)
            module = _import(folder, manifest.name)
            self._refuse_undeclared(module, manifest)
            self._hooks.register(module, manifest.name)
            self._hooks.check_pending()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what a plugin does wrong is its own trouble
            reason = error.message if isinstance(error, Invalid) else f"{type(error).__name__}: {error}"
            log.warning("plugin %s could not be loaded: %s", folder.name, reason)
            if self._hooks.has_plugin(folder.name):
                self._hooks.unregister(name=folder.name)
            return Plugin(folder, manifest, "failed", reason)
        return Plugin(folder, manifest, "active")

    def _refuse_undeclared(self, module: ModuleType, manifest: PluginManifest) -> None:
        """A plugin does what its manifest says, no more."""
        done = {name for name in CAPABILITIES if self._hooks.parse_hookimpl_opts(module, name) is not None}
        if extra := sorted(done - set(manifest.capabilities)):
            raise Invalid(f"implements {', '.join(extra)} without naming it among its capabilities.")

    def readiness_checks(self, installation: Installation) -> list[tuple[str, Check]]:
        """Every plugin's checks, each with its plugin's name. One that raises fails as a check of its own."""
        return [
            (name, check)
            for name, caller in self._callers(hooks.readiness_checks.__name__)
            for check in _checks(name, caller, installation)
        ]

    def _callers(self, hook: str) -> list[tuple[str, pluggy.HookCaller]]:
        """A caller per plugin that implements a hook, so that one's failure leaves the others' answers."""
        caller: pluggy.HookCaller = getattr(self._hooks.hook, hook)
        names = [item.plugin_name for item in caller.get_hookimpls()]
        modules = {name: self._hooks.get_plugin(name) for name in names}
        return [
            (name, self._hooks.subset_hook_caller(hook, [m for other, m in modules.items() if other != name]))
            for name in names
        ]


def _checks(name: str, caller: pluggy.HookCaller, installation: Installation) -> list[Check]:
    try:
        return [check for answer in caller(installation=installation) for check in answer]
    except Exception as error:  # noqa: BLE001 - a plugin that fails must say so and harm nobody
        log.warning("plugin %s failed: %s", name, error)
        return [Check(name, f"The plugin failed: {error}.")]


def _import(folder: Path, name: str) -> ModuleType:
    path = folder / "backend" / "plugin.py"
    spec = importlib.util.spec_from_file_location(f"workbench_plugin_{name}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise Invalid("backend/plugin.py is missing.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
