"""Definitions of one workspace: its assets and checks, and one job for every dbt command."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSelection,
    Definitions,
    JobDefinition,
    OpExecutionContext,
    define_asset_job,
    in_process_executor,
    job,
    op,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster_dbt import dbt_assets

from core.runs.ports import WORKSPACE_TAG
from core.runs.service import job_name, op_name, plain_job_name
from orchestration.defs.dbt.asset_events import DagsterEvent
from orchestration.defs.dbt.command import DbtRunConfig, Project, run_commands
from orchestration.defs.dbt.translator import WorkspaceTranslator

TEXTS: Final = ("compiled_code", "raw_code", "columns", "unrendered_config")
log = logging.getLogger("workbench.definitions")
Job = JobDefinition | UnresolvedAssetJobDefinition


@dataclass(frozen=True)
class WorkspaceSource:
    """What the definitions of a workspace are made from."""

    key: str
    name: str
    manifest_path: Path | None
    assets_digest: str | None
    # In the process of a run of the plain job nobody asks for the assets, which take longest to make.
    only_plain: bool = False
    # Of many large projects Dagster is told less: it moves all of it at once, between all of its processes.
    brief: bool = False


def workspace_definitions(source: WorkspaceSource, report: Callable[[str], None]) -> Definitions:
    """Assets and job of a workspace. One whose manifest cannot be used still has its job, to mend it with.

    `report` is told in a sentence why there are no assets, when there should be.
    """
    if source.manifest_path is None:
        return _without_assets(source, "The project has not been parsed yet.")
    try:
        return _with_assets(source, msgspec.json.decode(source.manifest_path.read_bytes()))
    except FileNotFoundError:
        reason = "The project's manifest is missing from the artifact store."
    except msgspec.DecodeError as error:
        reason = f"The project's manifest in the artifact store is corrupt: {error}."
    except Exception as error:  # noqa: BLE001 - a broken workspace must not take the others down
        reason = f"The project's assets could not be loaded into Dagster: {error}"
    log.error("workspace %s has no assets: %s", source.key, reason)
    report(reason)
    return _without_assets(source, reason)


def _with_assets(source: WorkspaceSource, manifest: Mapping[str, Any]) -> Definitions:
    translator = WorkspaceTranslator(source.key, brief=source.brief)
    project = Project(source.key, manifest, translator, source.assets_digest)
    if source.only_plain:
        return Definitions(jobs=[_plain_job(source, project)])
    assets = _assets(source, project)
    if source.brief:
        _forget_texts(manifest)
    if not assets.keys:
        return _without_assets(source, "The project has no models, seeds or snapshots.")
    return Definitions(assets=[assets], jobs=[_asset_job(source, [assets]), _plain_job(source, project)])


def _forget_texts(manifest: Mapping[str, Any]) -> None:
    """What nobody reads again where many large projects are served: runs read the manifest themselves."""
    for node in manifest["nodes"].values():
        for name in TEXTS:
            node.pop(name, None)
    manifest["macros"].clear()


def _without_assets(source: WorkspaceSource, reason: str) -> Definitions:
    project = Project(source.key, {}, WorkspaceTranslator(source.key), None)
    return Definitions(jobs=[_bare_job(source, project, reason), _plain_job(source, project)])


def _assets(source: WorkspaceSource, project: Project) -> AssetsDefinition:
    @dbt_assets(
        manifest=project.manifest,
        name=op_name(source.key),
        dagster_dbt_translator=project.translator,
    )
    def assets(context: AssetExecutionContext, config: DbtRunConfig) -> Iterator[DagsterEvent]:
        yield from run_commands(context.op_execution_context, config, project)

    return assets


def _asset_job(source: WorkspaceSource, assets: Sequence[AssetsDefinition]) -> Job:
    return define_asset_job(
        job_name(source.key),
        selection=AssetSelection.assets(*assets),
        description=f"What is materialized of {source.name} in this page.",
        tags={WORKSPACE_TAG: source.key},
        executor_def=in_process_executor,
    )


def _plain_job(source: WorkspaceSource, project: Project) -> Job:
    """What our runs are runs of: see `plain_job_name`. Assets hear of it as they are built."""

    @op(name=plain_job_name(source.key) + "_command", out={})
    def command(context: OpExecutionContext, config: DbtRunConfig) -> Iterator[DagsterEvent]:
        yield from run_commands(context, config, project)

    @job(
        name=plain_job_name(source.key),
        description=f"Any dbt commands of {source.name}, by hand or by its jobs.",
        tags={WORKSPACE_TAG: source.key},
        executor_def=in_process_executor,
    )
    def plain() -> None:
        # The same name in both jobs: it stands in the configuration of runs.
        command.alias(op_name(source.key))()

    return plain


def _bare_job(source: WorkspaceSource, project: Project, reason: str) -> Job:
    """The job of a workspace without assets: the same commands, nothing to materialize."""

    @op(name=op_name(source.key))
    def command(context: OpExecutionContext, config: DbtRunConfig) -> None:
        for _ in run_commands(context, config, project):
            pass

    @job(
        name=job_name(source.key),
        description=f"Any dbt commands of {source.name}. {reason}",
        tags={WORKSPACE_TAG: source.key},
        executor_def=in_process_executor,
    )
    def bare() -> None:
        command()

    return bare
