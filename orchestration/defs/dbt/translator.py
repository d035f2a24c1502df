"""How dbt's nodes are named in Dagster."""

from collections.abc import Mapping
from typing import Any

from dagster import AssetKey
from dagster_dbt import DagsterDbtTranslator

from core.catalog.assets import asset_key


class WorkspaceTranslator(DagsterDbtTranslator):
    """Puts the workspace before every key, so that two projects never share an asset."""

    def __init__(self, workspace_key: str) -> None:
        super().__init__()
        self._workspace_key = workspace_key

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """The workspace, then the parts of the unique_id."""
        return AssetKey(asset_key(self._workspace_key, str(dbt_resource_props["unique_id"])))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """One group per workspace."""
        del dbt_resource_props
        return self._workspace_key
