"""What was selected in Dagster's page, in dbt's selector syntax."""

from collections.abc import Mapping
from typing import Any

from dagster import OpExecutionContext
from dagster_dbt import DagsterDbtTranslator


def selection_of_context(
    context: OpExecutionContext, manifest: Mapping[str, Any], translator: DagsterDbtTranslator
) -> dict[str, Any]:
    """Options of `dbt build` that run what a person selected; none for the whole project."""
    if not context.has_assets_def or not context.is_subset:
        return {}
    keys = context.selected_asset_keys
    nodes = [
        node
        for node in manifest.get("nodes", {}).values()
        if node["resource_type"] in {"model", "seed", "snapshot"} and translator.get_asset_key(node) in keys
    ]
    if nodes:
        return {"select": sorted("fqn:" + ".".join(node["fqn"]) for node in nodes)}
    return {"select": sorted(key.name for key in context.selected_asset_check_keys)}
