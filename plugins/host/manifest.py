"""A plugin's manifest.json."""

import json
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from core.kit.errors import Invalid
from plugins.sdk import hooks

FILE = "manifest.json"
CAPABILITIES = frozenset({hooks.readiness_checks.__name__})


class PluginManifest(BaseModel):
    """Who a plugin is and what it may do. `capabilities` are names of hooks."""

    model_config = {"extra": "forbid"}

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{1,49}$")
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    description: str = Field(max_length=500)
    author: str = Field(max_length=200)
    capabilities: list[str]


def read_manifest(folder: Path) -> PluginManifest:
    """The manifest of the plugin in this folder.

    Raises:
        Invalid: missing, no JSON, or a field is wrong; says which.
    """
    path = folder / FILE
    try:
        manifest = PluginManifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Invalid(f"{FILE} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        named = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise Invalid(f"{FILE} is not valid: {named}.") from error
    except ValueError as error:
        raise Invalid(f"{FILE} is not valid JSON: {error}.") from error
    unknown = sorted(set(manifest.capabilities) - CAPABILITIES)
    if unknown:
        known = ", ".join(sorted(CAPABILITIES))
        raise Invalid(f"{FILE} names unknown capabilities: {', '.join(unknown)} (there are: {known}).")
    if manifest.name != folder.name:
        raise Invalid(f"{FILE} names the plugin {manifest.name!r}, its folder is {folder.name!r}.")
    return manifest
