"""How dbt's nodes are named in Dagster."""

from collections.abc import Mapping
from typing import Any

from dagster import AssetKey
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.asset_utils import default_description_fn

from core.catalog.assets import asset_key


class WorkspaceTranslator(DagsterDbtTranslator):
    """Puts the workspace before every key, so that two projects never share an asset."""

    def __init__(self, workspace_key: str, *, brief: bool = False) -> None:
        """`brief` leaves SQL and columns out of what Dagster's page is told of assets: our own have them."""
        super().__init__()
        self._workspace_key = workspace_key
        self._brief = brief

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        """The workspace, then the parts of the unique_id."""
        return AssetKey(asset_key(self._workspace_key, str(dbt_resource_props["unique_id"])))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """One group per workspace."""
        del dbt_resource_props
        return self._workspace_key

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What the project says of it, and its SQL."""
        return default_description_fn(dbt_resource_props, display_raw_sql=not self._brief)

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Where it is in the warehouse, how it is made, its columns."""
        known = {**dbt_resource_props, "columns": {}} if self._brief else dbt_resource_props
        return super().get_metadata(known)
