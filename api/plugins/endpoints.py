"""The plugins that were found, and why one was not loaded."""

from typing import Literal

from pydantic import BaseModel

from api.kit.access import GuardedRouter, PluginReader
from api.kit.errors import responses
from api.kit.state import StateDep

router = GuardedRouter(prefix="/api/plugins", tags=["plugins"])


class PluginOut(BaseModel):
    """A plugin. `failed` ones say why; what their manifest would say is null where it could not be read."""

    name: str
    version: str | None
    description: str | None
    author: str | None
    capabilities: list[str]
    state: Literal["active", "failed"]
    reason: str | None


class PluginList(BaseModel):
    """Every plugin that was found."""

    items: list[PluginOut]
    total: int
    next_cursor: str | None = None


@router.get("", responses=responses())
def list_plugins(_actor: PluginReader, state: StateDep) -> PluginList:
    """Every plugin that was found, loaded or not."""
    items = [
        PluginOut(
            name=plugin.name,
            version=plugin.manifest.version if plugin.manifest else None,
            description=plugin.manifest.description if plugin.manifest else None,
            author=plugin.manifest.author if plugin.manifest else None,
            capabilities=plugin.manifest.capabilities if plugin.manifest else [],
            state=plugin.state,
            reason=plugin.reason,
        )
        for plugin in state.plugins.plugins
    ]
    return PluginList(items=items, total=len(items))
