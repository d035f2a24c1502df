"""What a run compares with or defers to: the last good artifacts of an environment or of another run.

Nobody names a path: the files come from the artifact store, into a folder of the step's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.artifacts.arrival import REFUSED
from core.artifacts.models import Ingest, RunArtifact
from core.artifacts.store import ArtifactStore
from core.catalog.models import CatalogState
from core.environments import service as environments
from core.environments.models import Environment
from core.kit.errors import FieldError, Invalid
from core.runs.commands import Step, refusal
from core.runs.models import RunStep
from core.runs.ports import ENVIRONMENT_TAG, Launch
from core.runs.service import steps_of
from core.workspaces.models import Workspace

MANIFEST: Final = "manifest.json"
RUN_RESULTS: Final = "run_results.json"
# What `state:`, `result:` and `source_status:` read.
FILES: Final = (MANIFEST, RUN_RESULTS, "sources.json")


@dataclass(frozen=True)
class State:
    """Files of one place by their names, as hashes of the artifact store; `place` says whose they are."""

    place: str
    files: Mapping[str, str]


def check_states(
    session: Session, store: ArtifactStore, environment: Environment, steps: Sequence[Step]
) -> None:
    """See that each step that needs a state has a good one, before anything is launched.

    Raises:
        Invalid: one has none; says which, and why.
    """
    problems: list[FieldError] = []
    for index, step in enumerate(steps):
        try:
            state_of(session, store, environment, step)
        except Invalid as error:
            option = "state" if "state" in step.options else "defer"
            problems.append(FieldError(f"steps.{index}.options.{option}", error.message))
    if problems:
        raise refusal(problems)


def check_launch(session: Session, store: ArtifactStore, workspace: Workspace, launch: Launch) -> None:
    """As `check_states`, of a run that is about to be launched.

    Raises:
        Invalid: a step of it has no good state.
    """
    environment = environments.pick(session, workspace.id, launch.tags[ENVIRONMENT_TAG])
    check_states(session, store, environment, steps_of(workspace.key, launch.config))


def state_of(session: Session, store: ArtifactStore, environment: Environment, step: Step) -> State | None:
    """The state that a step is to have, None where it asks for none.

    Raises:
        Invalid: it asks for one that is not there, or not good.
    """
    named: Any = step.options.get("state")
    if named is None and step.options.get("defer") is not True:
        return None
    retries = step.command == "retry"
    found = (
        _deferred_to(session, environment)
        if named is None
        else _named(session, environment, str(named), of_failed=retries)
    )
    needed = RUN_RESULTS if retries else MANIFEST
    if needed not in found.files:
        raise Invalid(f"{found.place} has left no {needed} that could be used")
    gone = [name for name, digest in found.files.items() if not store.path(digest).exists()]
    if needed in gone:
        raise Invalid(f"the {needed} of {found.place} is no longer in the artifact store")
    return State(found.place, {name: found.files[name] for name in found.files if name not in gone})


def write_state(store: ArtifactStore, state: State, folder: Path) -> None:
    """Put the files of a state into a folder, where dbt can read them.

    Raises:
        Invalid: one is gone from the store, or no longer what it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, digest in state.files.items():
        if not store.holds(digest):
            raise Invalid(f"the {name} of {state.place} is missing from the artifact store, or damaged")
        (folder / name).write_bytes(store.read(digest))


def _deferred_to(session: Session, environment: Environment) -> State:
    other_id: int | None = getattr(environment, "defer_to_id", None)
    other = None if other_id is None else session.get(Environment, other_id)
    if other is None:
        raise Invalid(
            f"the environment {environment.key!r} defers to no other: name an environment or a run in the "
            "option state, or set what it defers to"
        )
    return _of_environment(session, other)


def _named(session: Session, environment: Environment, name: str, *, of_failed: bool) -> State:
    """The environment of that key, or else the run of that id."""
    query = sa.select(Environment).where(
        Environment.workspace_id == environment.workspace_id, Environment.key == name
    )
    other = session.scalar(query)
    if other is not None:
        return _of_environment(session, other)
    found = _of_run(session, environment.workspace_id, name, of_failed=of_failed)
    if not found.files:
        raise Invalid(
            f"{name!r} is neither an environment of this workspace nor a run that has left artifacts"
        )
    return found


def _of_environment(session: Session, environment: Environment) -> State:
    """What is in effect there: files that were refused never are."""
    state = session.get(CatalogState, environment.id)
    effective: Mapping[str, Any] = state.artifacts if state else {}
    files = {name: str(effective[name]["digest"]) for name in FILES if name in effective}
    return State(f"the environment {environment.key!r}", files)


def _of_run(session: Session, workspace_id: int, run_id: str, *, of_failed: bool) -> State:
    """What the last step that left a file left of it, those that were refused aside.

    `of_failed`: only steps that failed count, for only these can dbt retry.
    """
    refused = sa.select(Ingest.id).where(
        Ingest.run_id == run_id,
        Ingest.step == RunArtifact.step,
        Ingest.name == RunArtifact.name,
        Ingest.outcome == REFUSED,
    )
    query = (
        sa.select(RunArtifact.name, RunArtifact.digest)
        .where(RunArtifact.workspace_id == workspace_id, RunArtifact.run_id == run_id)
        .where(RunArtifact.name.in_(FILES), ~refused.exists())
        .order_by(RunArtifact.step)
    )
    if of_failed:
        failed = sa.select(RunStep.step).where(RunStep.run_id == run_id, RunStep.status != "success")
        query = query.where(RunArtifact.step.in_(failed))
    return State(f"the run {run_id}", dict(session.execute(query).tuples().all()))
