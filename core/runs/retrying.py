"""Running again what a run did not bring to a good end: from our own record of its nodes.

`dbt retry` passes over nodes in some cases (a test that failed, a dbt that was killed); what is recorded of
each node is known whatever became of dbt.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import CatalogState, Node
from core.environments import service as environments
from core.environments.models import Environment
from core.kit.errors import Conflict
from core.runs.asking import Asked
from core.runs.commands import Step
from core.runs.models import RunNode, RunStep
from core.runs.option_checks import MAX_VALUES
from core.runs.ports import ENDED, ENVIRONMENT_TAG, EngineRun
from core.runs.preview import preview_steps
from core.runs.retry_policy import ALL
from core.runs.service import selected_by, steps_of
from core.workspaces.models import Workspace
from core.workspaces.service import project_folder

# Of these a part can be run again; the others as a whole.
PARTIAL: Final = frozenset({"build", "run", "test", "seed", "snapshot", "compile", "clone"})
GOOD: Final = frozenset({"success", "pass", "warn", "no-op", "reused"})
# dbt came to its own end: every node that it chose has a result.
CAME_TO_ITS_END: Final = frozenset({0, 1})
_SELECTION: Final = ("select", "exclude", "selector", "indirect_selection")
# What has a meaning in a selection; `?` stands for any character there.
_ODD: Final = re.compile(r"[^\w./-]")


@dataclass(frozen=True)
class Origin:
    """The run that is retried, and where."""

    workspace: Workspace
    environment: Environment
    run: EngineRun


def plan_retry(session: Session, workspace: Workspace, run: EngineRun, what: str) -> Asked:
    """What to ask for so that a run is done again: `all` of it, or what `failed`, was skipped or never ran.

    Raises:
        Conflict: it has not ended, nothing of it failed, or what failed is no longer there.
        Invalid: a step of it is not allowed any more, or its environment cannot be run in.
    """
    if run.status not in ENDED:
        raise Conflict(f"Run {run.run_id} has not ended ({run.status}).", hint="Cancel it first, or wait.")
    environment = environments.pick_runnable(session, workspace.id, run.tags.get(ENVIRONMENT_TAG))
    origin = Origin(workspace, environment, run)
    rows = {row.step: row for row in session.scalars(sa.select(RunStep).where(_of(RunStep, origin)))}
    steps = _asked(origin, rows)
    if what != ALL:
        left = [_left_of(session, origin, step, rows.get(index)) for index, step in steps.items()]
        kept = [step for step in left if step is not None]
        if not kept:
            raise Conflict(f"Nothing of run {run.run_id} failed.", hint="Run all of it again instead.")
        return Asked(environment, kept)
    return Asked(environment, list(steps.values()))


def _of(table: Any, origin: Origin) -> sa.ColumnElement[bool]:
    return sa.and_(table.run_id == origin.run.run_id, table.workspace_id == origin.workspace.id)


def _asked(origin: Origin, rows: dict[int, RunStep]) -> dict[int, Step]:
    steps = dict(enumerate(steps_of(origin.workspace.key, origin.run.config), start=1))
    # A run of Dagster's page has no steps in its configuration; the recorded command says what was selected.
    if 1 in rows and not steps[1].options and steps[1].command == "build" and len(steps) == 1:
        steps[1] = replace(steps[1], options=selected_by(rows[1].command))
    return steps


def _left_of(session: Session, origin: Origin, step: Step, row: RunStep | None) -> Step | None:
    """What of a step is to be run again; None of one that came to a good end."""
    if row is None:
        return step
    if row.status == "success":
        return None
    if step.command not in PARTIAL:
        return step
    left = _left_nodes(session, origin, step, row)
    if left is None:
        return step
    selectors = _selectors(session, origin, left)
    kept = {name: value for name, value in step.options.items() if name not in _SELECTION}
    # Tests are named one by one: those that passed do not come along.
    return replace(step, options={**kept, "select": selectors, "indirect_selection": "empty"})


def _left_nodes(session: Session, origin: Origin, step: Step, row: RunStep) -> set[str] | None:
    """The nodes without a good end; None where that is nothing less than the whole step."""
    query = sa.select(RunNode.unique_id, RunNode.status).where(_of(RunNode, origin), RunNode.step == row.step)
    nodes = {key: status for key, status in session.execute(query) if not key.startswith("operation.")}
    left = {key for key, status in nodes.items() if status not in GOOD}
    if nodes and row.exit_code in CAME_TO_ITS_END and not step.options.get("fail_fast"):
        return left or None
    if not nodes:
        return None
    (preview,) = preview_steps(session, origin.environment, [step], project_folder(origin.workspace))
    if preview.unique_ids is None:
        return None
    return (left | (preview.unique_ids - nodes.keys())) or None


def _selectors(session: Session, origin: Origin, unique_ids: Collection[str]) -> list[str]:
    """Words that select these nodes and no others."""
    if len(unique_ids) > MAX_VALUES:
        said = f"{len(unique_ids)} nodes are left, and no more than {MAX_VALUES} can be named."
        raise Conflict(said, hint="Run all of it again instead.")
    environment_id = origin.environment.id
    state = session.get(CatalogState, environment_id)
    query = (
        sa.select(Node)
        .where(Node.environment_id == environment_id, Node.unique_id == sa.func.any(list(unique_ids)))
        .order_by(Node.unique_id)
    )
    words = [
        selector_of(node, None if state is None else state.project_name) for node in session.scalars(query)
    ]
    if not words:
        raise Conflict(
            "What failed is no longer in the project, as it was last parsed.",
            hint="Run all of it again instead.",
        )
    return words


def selector_of(node: Node, project: str | None) -> str:
    """A selection of one node: by its full name, its type and, in the project itself, its file."""
    parts = [f"fqn:{_safe('.'.join(node.fqn))}", f"resource_type:{node.resource_type}"]
    # Paths of packages count from elsewhere.
    parts += [f"path:{_safe(node.path)}"] if node.package_name == project and node.path else []
    return ",".join(parts)


def _safe(text: str) -> str:
    return _ODD.sub("?", text)
