"""The op behind every run: any dbt commands of a workspace, one after another."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from dagster import Config, DagsterRunStatus, Failure, OpExecutionContext
from dagster_dbt import DagsterDbtTranslator
from pydantic import Field

from core.kit.errors import WorkbenchError
from core.runs.asking import check_asked
from core.runs.commands import CONTINUE, STOP, Step
from core.runs.log import LogWriter, log_path
from core.runs.ports import ACTOR_TAG, COMMAND_TAG, ENVIRONMENT_TAG, WORKSPACE_TAG
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from core.workspaces.service import project_folder
from orchestration.defs.dbt.asset_events import AssetEvents, DagsterEvent
from orchestration.defs.dbt.selection import selection_of_context
from orchestration.lib.lineage import trace_on_the_way
from orchestration.lib.made_with import made_with_tags
from orchestration.lib.published_log import publishing
from orchestration.lib.reload import request_reload
from orchestration.lib.services import Services, services
from orchestration.lib.step import Outcome, Place, StepRunner
from orchestration.lib.turn import LOCK_ATTEMPTS, LOCK_SECONDS, held_by, own_turn
from orchestration.lib.worker import WORKER_TAG, this_worker

DAGSTER_ACTOR = "Dagster page"


class StepConfig(Config):
    """A dbt command and its options; what is allowed is checked by `core.runs.commands`."""

    command: str
    options: dict[str, Any] = Field(default_factory=dict)
    on_failure: str = STOP


class DbtRunConfig(Config):
    """What to run. Without steps: `dbt build` of the assets that are selected in Dagster."""

    environment: str | None = None
    steps: list[StepConfig] = Field(default_factory=list)


@dataclass(frozen=True)
class Project:
    """The dbt project of a workspace as the definitions know it."""

    workspace_key: str
    manifest: Mapping[str, Any]
    translator: DagsterDbtTranslator
    assets_digest: str | None


def run_commands(
    context: OpExecutionContext, config: DbtRunConfig, project: Project
) -> Iterator[DagsterEvent]:
    """Run the steps in order. One that fails ends the run, unless it says that the others go on.

    Raises:
        Failure: a step failed, or the request cannot be carried out; says why.
    """
    shared = services()
    try:
        place, steps = _place_and_steps(shared, context, config, project)
    except WorkbenchError as error:
        raise Failure(f"{error.message} {error.hint or ''}".strip(), allow_retries=False) from error
    _tag(context, place, steps)
    events = AssetEvents(context, project.manifest, project.translator, project.workspace_key)
    failures: list[str] = []
    path = log_path(shared.settings.data_dir, place.run_id)
    with publishing(context.instance, place.run_id, path), LogWriter(path) as log, own_turn(place, log):
        for index, step in enumerate(steps, start=1):
            runner = partial(StepRunner, place, index, step, log, partial(_is_cancelling, context))
            outcome = yield from _carry_out(runner, context, project, events, log)
            trace_on_the_way(shared, place.environment.id, place.run_id)
            if outcome.status != "success":
                failures.append(f"Step {index}, {step.display}, failed: {outcome.message}")
            if outcome.status == "cancelled" or (failures and not _goes_on(outcome, step)):
                break
    _reload_if_changed(shared, project)
    if failures:
        raise Failure("\n".join(failures), allow_retries=False)


def _carry_out(
    make_runner: Callable[[], StepRunner],
    context: OpExecutionContext,
    project: Project,
    events: AssetEvents,
    log: LogWriter,
) -> Generator[DagsterEvent, None, Outcome]:
    """One step to its end; again while a program that is none of our runs holds the warehouse."""
    for attempt in range(1, LOCK_ATTEMPTS):
        runner = make_runner()
        yield from _events(runner, context, project, events)
        program = held_by(runner.outcome)
        if program is None:
            return runner.outcome
        again = f"trying again in {LOCK_SECONDS:.0f} s ({attempt} of {LOCK_ATTEMPTS - 1} times)"
        text = f"The warehouse is held by {program}, which is none of our runs: {again}."
        log.write(text, step=runner.index, level="warn", event="WarehouseHeld")
        time.sleep(LOCK_SECONDS)
    runner = make_runner()
    yield from _events(runner, context, project, events)
    return runner.outcome


def _events(
    runner: StepRunner, context: OpExecutionContext, project: Project, events: AssetEvents
) -> Iterator[DagsterEvent]:
    for invocation, event in runner.events(project.manifest, project.translator, context):
        yield from events.of(event, invocation.target_path)


def _goes_on(outcome: Outcome, step: Step) -> bool:
    return outcome.status == "success" or step.on_failure == CONTINUE


def _place_and_steps(
    shared: Services, context: OpExecutionContext, config: DbtRunConfig, project: Project
) -> tuple[Place, list[Step]]:
    """Where the run is and what it does. What Dagster's page asks is checked here for the first time."""
    raw: list[dict[str, Any]] = [step.model_dump() for step in config.steps] or [{"command": "build"}]
    with shared.db.session() as session:
        workspace = workspaces.require(session, project.workspace_key)
        asked = check_asked(session, workspace.id, raw, config.environment)
    place = Place(shared, workspace, asked.environment, context.run.run_id)
    if config.steps:
        return place, list(asked.steps)
    return place, [Step("build", selection_of_context(context, project.manifest, project.translator))]


def _tag(context: OpExecutionContext, place: Place, steps: list[Step]) -> None:
    """Name this process; runs started in Dagster's page also get the tags that history is filtered by."""
    made_with = {**made_with_tags(project_folder(place.workspace)), WORKER_TAG: this_worker()}
    context.instance.add_run_tags(context.run.run_id, made_with)
    if COMMAND_TAG in context.run.tags:
        return
    context.instance.add_run_tags(
        context.run.run_id,
        {
            WORKSPACE_TAG: place.workspace.key,
            ENVIRONMENT_TAG: place.environment.key,
            ACTOR_TAG: DAGSTER_ACTOR,
            COMMAND_TAG: " && ".join(step.display for step in steps)[:500],
        },
    )


def _is_cancelling(context: OpExecutionContext) -> bool:
    run = context.instance.get_run_by_id(context.run.run_id)
    return run is not None and run.status in {DagsterRunStatus.CANCELING, DagsterRunStatus.CANCELED}


def _reload_if_changed(shared: Services, project: Project) -> None:
    """When the project's nodes are no longer those that Dagster shows, have it look again."""
    with shared.db.session() as session:
        workspace: Workspace = workspaces.require(session, project.workspace_key)
    if workspace.assets_digest != project.assets_digest:
        request_reload(shared.settings.dagster_url)
