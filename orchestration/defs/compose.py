"""Composing the code location: every workspace and the product's own jobs; in a run's process what runs.

dbt takes seconds to import, so whoever has no business with it does without.
"""

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from dagster import Definitions, in_process_executor

from core.runs.service import job_name, plain_job_name
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from orchestration.defs.ingest.definitions import INGEST_JOB, ingest_definitions
from orchestration.defs.lineage.definitions import LINEAGE_JOB, lineage_definitions
from orchestration.defs.notifications.definitions import notification_definitions
from orchestration.defs.retention.definitions import RETENTION_JOB, retention_definitions
from orchestration.lib.services import Services, services

if TYPE_CHECKING:
    from orchestration.defs.dbt.definitions import WorkspaceSource

# Bytes of manifests up to which Dagster is told all that they say.
MOST_TOLD: Final = 60_000_000
RUN_JOB_VARIABLE = "DAGSTER_RUN_JOB_NAME"


def sources(shared: Services, run_job: str | None) -> "list[WorkspaceSource]":
    """What to load: every workspace, or the one whose job runs in this process."""
    with shared.db.session() as session:
        everything = workspaces.all_workspaces(session)
        # A run that was queued before its workspace was archived is still carried out.
        wanted = [item for item in everything if run_job in (job_name(item.key), plain_job_name(item.key))]
        wanted = wanted or workspaces.with_projects(session)
        found = [_source(shared, workspace, run_job) for workspace in wanted]
    brief = _size(found) > MOST_TOLD
    return [replace(source, brief=brief) for source in found]


def _size(found: "list[WorkspaceSource]") -> int:
    """Bytes of all manifests that are there."""
    paths = [source.manifest_path for source in found if source.manifest_path is not None]
    return sum(path.stat().st_size for path in paths if path.is_file())


def _source(shared: Services, workspace: Workspace, run_job: str | None) -> "WorkspaceSource":
    from orchestration.defs.dbt.definitions import WorkspaceSource  # noqa: PLC0415 - see above

    digest = workspace.manifest_digest
    return WorkspaceSource(
        key=workspace.key,
        name=workspace.name,
        manifest_path=None if digest is None else shared.store.path(digest),
        assets_digest=workspace.assets_digest,
        only_plain=run_job == plain_job_name(workspace.key),
    )


def load() -> Definitions:
    """Everything that this process serves."""
    run_job = os.environ.get(RUN_JOB_VARIABLE)
    executor = Definitions(executor=in_process_executor)
    if run_job == RETENTION_JOB:
        return Definitions.merge(executor, retention_definitions())
    shared = services()
    ingest = ingest_definitions(shared.settings.artifact_polling_interval)
    if run_job == INGEST_JOB:
        return Definitions.merge(executor, ingest)
    lineage = lineage_definitions(shared.settings.artifact_polling_interval)
    if run_job == LINEAGE_JOB:
        return Definitions.merge(executor, lineage)
    own = (retention_definitions(), ingest, lineage, notification_definitions())
    found = _of_workspaces(shared, run_job)
    return Definitions.merge(
        executor, *own, *found, *_retries(found, run_job), *_triggers(shared, found, run_job)
    )


def _of_workspaces(shared: Services, run_job: str | None) -> list[Definitions]:
    from orchestration.defs.dbt.definitions import workspace_definitions  # noqa: PLC0415 - see above

    found = sources(shared, run_job)
    return [workspace_definitions(source, partial(_report, shared, source.key)) for source in found]


def _retries(found: list[Definitions], run_job: str | None) -> list[Definitions]:
    """The sensor of retries; a run's process has no use for it."""
    from orchestration.defs.dbt.retries import retry_definitions  # noqa: PLC0415 - see above

    return [] if run_job else [retry_definitions([job for one in found for job in one.jobs or ()])]


def _triggers(shared: Services, found: list[Definitions], run_job: str | None) -> list[Definitions]:
    """What starts runs by itself; a run's process has no use for it, and must not say what is loaded."""
    from orchestration.defs.schedules.definitions import schedule_definitions  # noqa: PLC0415 - see above

    jobs = {job.name for one in found for job in one.jobs or ()}
    return [] if run_job else [schedule_definitions(shared, jobs)]


def _report(shared: Services, key: str, reason: str) -> None:
    """A workspace without assets says why on its own page too."""
    with shared.db.session() as session:
        workspaces.mark_broken(workspaces.require(session, key), reason)
