"""How nodes are named as assets in Dagster."""

import re
from typing import Final
from urllib.parse import quote

# What dbt materializes. Sources are what assets stand on; ephemeral models exist in no warehouse.
ASSET_TYPES: Final = frozenset({"model", "seed", "snapshot"})
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9_-]")


def asset_key(workspace_key: str, unique_id: str) -> list[str]:
    """The key of a node's asset: the workspace, then the parts of its unique_id after the resource type."""
    return [workspace_key, *(dagster_name(part) for part in unique_id.split(".")[1:])]


def dagster_name(name: str) -> str:
    """A name in Dagster's alphabet; one such name would cost the whole project its assets."""
    return _FOREIGN.sub(lambda found: f"_u{ord(found[0]):x}_", name)


def asset_path(
    workspace_key: str, unique_id: str, resource_type: str, materialization: str | None
) -> str | None:
    """The path of the asset's page below Dagster's own; None for nodes that are no asset there."""
    if resource_type not in ASSET_TYPES or materialization == "ephemeral":
        return None
    return "/assets/" + "/".join(quote(part, safe="") for part in asset_key(workspace_key, unique_id))
