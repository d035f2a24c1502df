"""Events of dbt as events of Dagster: materializations, checks, observations."""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetMaterialization,
    AssetObservation,
    MetadataValue,
    OpExecutionContext,
    Output,
)
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.core.dbt_cli_event import DbtCliEventMessage

from core.artifacts.results import bytes_processed, rows_affected

DagsterEvent = (
    Output[None] | AssetMaterialization | AssetObservation | AssetCheckResult | AssetCheckEvaluation
)
log = logging.getLogger("workbench.dbt")

BUILT: Final = frozenset({"model", "seed", "snapshot"})
# What PostgreSQL and its kin answer to a statement: https://www.postgresql.org/docs/current/protocol-message-formats.html
_COMMAND_TAG: Final = re.compile(r"(?:SELECT|INSERT 0|MERGE|UPDATE|DELETE) ([0-9]+)")


class AssetEvents:
    """Turns events of dbt into Dagster's, for one run.

    Dagster takes each output and check of an op once; a run of several commands may touch a node
    twice. What comes again, or was not part of the selection, is logged as an event instead.
    """

    def __init__(
        self,
        context: OpExecutionContext,
        manifest: Mapping[str, Any],
        translator: DagsterDbtTranslator,
        workspace_key: str,
    ) -> None:
        self._context = context
        self._manifest = manifest
        self._translator = translator
        self._page = run_page(workspace_key, context.run.run_id)
        self._known = manifest.get("nodes", {}).keys()
        self._given: set[str] = set()
        self._expected = set(context.selected_output_names) if context.has_assets_def else set[str]()

    def of(self, event: DbtCliEventMessage, target_path: Path) -> Iterator[DagsterEvent]:
        """The events of Dagster for one event of dbt."""
        unique_id = (event.raw_event.get("data") or {}).get("node_info", {}).get("unique_id")
        if unique_id is None or unique_id not in self._known:
            # New since the definitions were loaded: in our tables, and in Dagster after the reload.
            return
        for plain in event.to_default_asset_events(
            self._manifest, self._translator, context=self._context, target_path=target_path
        ):
            item = _with_facts(plain, facts_of(event.raw_event, self._page))
            if self._is_new(item):
                yield item
            else:
                self._log_again(item, unique_id)
        if _has_failed(event):
            # dagster-dbt says nothing of what was not built: Dagster would know of its former state only.
            key = self._translator.get_asset_spec(self._manifest, unique_id, None).key
            yield AssetObservation(asset_key=key, metadata=facts_of(event.raw_event, self._page))

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


def _has_failed(event: DbtCliEventMessage) -> bool:
    """Whether this is the end of a model, seed or snapshot that dbt could not build."""
    node: Mapping[str, Any] = event.raw_event["data"]["node_info"]
    failed = node.get("resource_type") in BUILT and node.get("node_status") in {"error", "fail"}
    return failed and event.is_result_event


def run_page(workspace_key: str, run_id: str) -> str:
    """The path of a run's page in the web app, which serves Dagster's page, too."""
    return f"/w/{quote(workspace_key, safe='')}/runs/{quote(run_id, safe='')}"


def facts_of(raw: Mapping[str, Any], page: str) -> dict[str, MetadataValue[Any]]:
    """What a result of dbt tells of a node, as metadata of Dagster; what it does not tell is left out.

    dbt-core says how many rows only in run_results.json, after all nodes have ended, unless the answer of the
    database, which is in the event, says so itself.
    """
    data: Mapping[str, Any] = raw.get("data") or {}
    node: Mapping[str, Any] = data.get("node_info") or {}
    result: Mapping[str, Any] = data.get("run_result") or {}
    response: Mapping[str, Any] = result.get("adapter_response") or {}
    said = str(data.get("status") or result.get("message") or "")
    rows, read = rows_affected(response), bytes_processed(response)
    tag = _COMMAND_TAG.fullmatch(said)
    if rows is None and tag is not None:
        rows = int(tag[1])
    seconds: Any = data.get("execution_time", result.get("execution_time"))
    known = {
        "unique_id": _text(node.get("unique_id")),
        "dbt/status": _text(node.get("node_status")),
        "dbt/answer": _text(said),
        "dbt/execution_seconds": None if seconds is None else MetadataValue.float(float(seconds)),
        "dagster/row_count": None if rows is None else MetadataValue.int(rows),
        "dbt/bytes_processed": None if read is None else MetadataValue.int(read),
        "dbt/thread": _text((raw.get("info") or {}).get("thread")),
        "workbench/run": MetadataValue.url(f"{page}?node={quote(str(node.get('unique_id')), safe='')}"),
    }
    return {name: value for name, value in known.items() if value is not None}


def _text(value: Any) -> MetadataValue[Any] | None:
    return MetadataValue.text(str(value)) if value else None


def _with_facts(item: DagsterEvent, facts: Mapping[str, MetadataValue[Any]]) -> DagsterEvent:
    """The same event with more metadata; what dagster-dbt says itself stands."""
    return item.with_metadata({**facts, **(item.metadata or {})})
