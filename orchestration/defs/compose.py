"""Composing the code location: every workspace and retention; in a run's process only what runs."""

import os
from functools import partial

import sqlalchemy as sa
from dagster import Definitions, in_process_executor
from sqlalchemy.orm import Session

from core.environments.models import Environment
from core.runs.service import job_name
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from orchestration.defs.dbt.definitions import WorkspaceSource, workspace_definitions
from orchestration.defs.retention.definitions import RETENTION_JOB, retention_definitions
from orchestration.lib.services import Services, services

RUN_JOB_VARIABLE = "DAGSTER_RUN_JOB_NAME"
ONE_WRITER = ("duckdb",)


def sources(shared: Services, run_job: str | None) -> list[WorkspaceSource]:
    """What to load: every workspace, or the one whose job runs in this process."""
    with shared.db.session() as session:
        everything = workspaces.all_workspaces(session)
        # A run that was queued before its workspace was archived is still carried out.
        wanted = [item for item in everything if run_job == job_name(item.key)]
        wanted = wanted or workspaces.with_projects(session)
        return [_source(shared, session, workspace) for workspace in wanted]


def _source(shared: Services, session: Session, workspace: Workspace) -> WorkspaceSource:
    digest = workspace.manifest_digest
    adapters = session.scalars(
        sa.select(Environment.adapter_type).where(Environment.workspace_id == workspace.id)
    )
    return WorkspaceSource(
        key=workspace.key,
        name=workspace.name,
        manifest_path=None if digest is None else shared.store.path(digest),
        assets_digest=workspace.assets_digest,
        one_writer=any(adapter in ONE_WRITER for adapter in adapters),
    )


def load() -> Definitions:
    """Everything that this process serves."""
    run_job = os.environ.get(RUN_JOB_VARIABLE)
    base = Definitions.merge(Definitions(executor=in_process_executor), retention_definitions())
    if run_job == RETENTION_JOB:
        return base
    shared = services()
    found = sources(shared, run_job)
    definitions = [workspace_definitions(source, partial(_report, shared, source.key)) for source in found]
    return Definitions.merge(base, *definitions)


def _report(shared: Services, key: str, reason: str) -> None:
    """A workspace without assets says why on its own page too."""
    with shared.db.session() as session:
        workspaces.mark_broken(workspaces.require(session, key), reason)
