"""Events of dbt as events of Dagster: materializations, checks, observations."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetMaterialization,
    AssetObservation,
    OpExecutionContext,
    Output,
)
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.core.dbt_cli_event import DbtCliEventMessage

DagsterEvent = (
    Output[None] | AssetMaterialization | AssetObservation | AssetCheckResult | AssetCheckEvaluation
)
log = logging.getLogger("workbench.dbt")


class AssetEvents:
    """Turns events of dbt into Dagster's, for one run.

    Dagster takes each output and check of an op once; a run of several commands may touch a node
    twice. What comes again, or was not part of the selection, is logged as an event instead.
    """

    def __init__(
        self, context: OpExecutionContext, manifest: Mapping[str, Any], translator: DagsterDbtTranslator
    ) -> None:
        self._context = context
        self._manifest = manifest
        self._translator = translator
        self._known = manifest.get("nodes", {}).keys()
        self._given: set[str] = set()
        self._expected = set(context.selected_output_names) if context.has_assets_def else set[str]()

    def of(self, event: DbtCliEventMessage, target_path: Path) -> Iterator[DagsterEvent]:
        """The events of Dagster for one event of dbt."""
        unique_id = (event.raw_event.get("data") or {}).get("node_info", {}).get("unique_id")
        if unique_id is None or unique_id not in self._known:
            # New since the definitions were loaded: in our tables, and in Dagster after the reload.
            return
        for item in event.to_default_asset_events(
            self._manifest, self._translator, context=self._context, target_path=target_path
        ):
            if self._is_new(item):
                yield item
            else:
                self._log_again(item, unique_id)

    def _is_new(self, item: DagsterEvent) -> bool:
        if isinstance(item, Output):
            name = item.output_name
            fresh = name in self._expected and name not in self._given
        elif isinstance(item, AssetCheckResult):
            name = f"{item.asset_key}:{item.check_name}"
            fresh = name not in self._given
        else:
            return True
        self._given.add(name)
        return fresh

    def _log_again(self, item: DagsterEvent, unique_id: str) -> None:
        key = self._translator.get_asset_spec(self._manifest, unique_id, None).key
        if isinstance(item, Output):
            self._context.log_event(AssetMaterialization(asset_key=key, metadata=item.metadata))
        elif isinstance(item, AssetCheckResult) and item.asset_key is not None:
            self._context.log_event(AssetObservation(asset_key=item.asset_key, metadata=item.metadata))
