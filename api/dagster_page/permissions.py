"""What Dagster's page is told about permissions: what its buttons offer is what we would let pass.

Dagster itself answers for one user who may do everything. Its answers are read, and whatever says that a
change is allowed says otherwise to those from whom we would not take it, with the reason.
"""

import json
from collections.abc import Collection
from typing import Any, Final, cast

from core.auth.rights import Scope

# Names of dagster's permissions, and of the fields of its schema that repeat them. One that is not here needs
# dagster:administer, as with mutations.
OPERATE: Final = frozenset(
    {
        "cancel_partition_backfill",
        "edit_sensor",
        "launch_partition_backfill",
        "launch_pipeline_execution",
        "launch_pipeline_reexecution",
        "reload_repository_location",
        "reload_workspace",
        "report_runless_asset_events",
        "schedule_dry_run",
        "sensor_dry_run",
        "start_schedule",
        "stop_running_schedule",
        "terminate_pipeline_execution",
    }
)
OPERATE_FIELDS: Final = frozenset(
    {
        "hasCancelBackfillPermission",
        "hasCancelPermission",
        "hasLaunchBackfillPermission",
        "hasLaunchExecutionPermission",
        "hasLaunchReexecutionPermission",
        "hasMaterializePermission",
        "hasReExecutePermission",
        "hasReportRunlessAssetEventPermission",
        "hasResumePermission",
        "hasStartPermission",
        "hasStopPermission",
        "hasTerminatePermission",
    }
)
REASON: Final = 'Your roles do not allow this: it needs {} in every workspace (see "What roles may do").'
MENTION: Final = b"ermission"


def truthful(answer: bytes, lacking: Collection[Scope]) -> bytes:
    """The answer with every permission taken away that needs a scope which is lacking.

    What is no JSON is left as it is.
    """
    if not lacking or MENTION not in answer:
        return answer
    try:
        content = json.loads(answer)
    except ValueError:
        return answer
    _take_away(content, frozenset(lacking))
    return json.dumps(content).encode()


def _take_away(node: Any, lacking: frozenset[Scope]) -> None:
    """Depth is bounded by that of the document, which was parsed before it was asked."""
    if isinstance(node, list):
        for item in cast("list[Any]", node):
            _take_away(item, lacking)
    elif isinstance(node, dict):
        fields = cast("dict[str, Any]", node)
        _take_away_here(fields, lacking)
        for item in fields.values():
            _take_away(item, lacking)


def _take_away_here(fields: dict[str, Any], lacking: frozenset[Scope]) -> None:
    for name in [name for name, value in fields.items() if value is True and _is_permission(name)]:
        fields[name] = _needed(name, OPERATE_FIELDS) not in lacking
    if isinstance(fields.get("permission"), str) and fields.get("value") is True:
        _deny(fields, lacking)


def _deny(fields: dict[str, Any], lacking: Collection[Scope]) -> None:
    needed = _needed(fields["permission"], OPERATE)
    if needed in lacking:
        fields["value"] = False
        if "disabledReason" in fields:
            fields["disabledReason"] = REASON.format(needed)


def _is_permission(name: str) -> bool:
    return name.startswith("has") and name.endswith("Permission")


def _needed(name: str, operate: Collection[str]) -> Scope:
    return Scope.DAGSTER_OPERATE if name in operate else Scope.DAGSTER_ADMINISTER
