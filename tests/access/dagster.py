"""The small server in the place of dagster-webserver, which here knows runs of two workspaces."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.api import upstream
from tests.api.upstream import Upstream, running

LOADED = {"name": "workbench", "loadStatus": "LOADED", "locationOrLoadError": {"__typename": "X"}}


@contextmanager
def dagster_with(runs: Mapping[str, tuple[str, str]]) -> Iterator[Upstream]:
    """Serve these runs, each with its workspace and status. It lists what it is asked for, by tag.

    What is launched is called `new` and belongs to the workspace `shop`.
    """
    places = {run_id: workspace for run_id, (workspace, _) in runs.items()}

    def answer(found: Upstream, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        if "workspaceOrError" in query:
            return {"workspaceOrError": {"locationEntries": [LOADED]}}
        if "reloadRepositoryLocation" in query:
            return {"reloadRepositoryLocation": {"__typename": "WorkspaceEntry"}}
        return _placed(upstream.answer(found, query, variables), variables, places)

    with running(answer) as found:
        found.runs.update({run_id: status for run_id, (_, status) in runs.items()})
        yield found


def _placed(said: dict[str, Any], variables: dict[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    one = said.get("runOrError")
    if one and "runId" in one:
        _place(one, places)
    for part in ("waiting", "active"):
        for run in said.get(part, {}).get("results", []):
            _place(run, places)
    listed = said.get("runsOrError")
    if listed:
        for run in listed["results"]:
            _place(run, places)
        tags = {tag["key"]: tag["value"] for tag in variables["filter"].get("tags", [])}
        wanted = tags.get("workbench/workspace")
        listed["results"] = [
            run for run in listed["results"] if wanted in {None, places.get(run["runId"], "shop")}
        ]
    return said


def _place(run: dict[str, Any], places: Mapping[str, str]) -> None:
    key = places.get(run["runId"], "shop")
    run["jobName"] = f"{key}__dbt"
    run["tags"] = [{"key": "workbench/workspace", "value": key}]
    config = {"steps": [{"command": "build", "options": {"select": [f"chosen_in_{key}"]}}]}
    run["runConfig"] = {"ops": {f"{key}__dbt_command": {"config": config}}}
