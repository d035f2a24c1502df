"""Workspaces as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel

from core.environments.models import Environment
from core.workspaces.models import Workspace, WorkspaceState


class EnvironmentOut(BaseModel):
    """Where dbt commands can run."""

    key: str
    name: str
    dbt_target: str
    adapter_type: str | None
    is_default: bool


class WorkspaceOut(BaseModel):
    """A dbt project. `state` is `broken` when it cannot be read; `state_message` is dbt's own."""

    key: str
    name: str
    description: str
    is_demo: bool
    state: WorkspaceState
    state_message: str | None
    state_hint: str | None
    project_dir: str
    adapter_type: str | None
    dbt_version: str | None
    manifest_at: datetime | None
    node_counts: dict[str, int]
    environments: list[EnvironmentOut]
    dagster_path: str

    @classmethod
    def of(cls, workspace: Workspace, environments: Sequence[Environment], counts: dict[str, int]) -> Self:
        """From the tables."""
        return cls(
            key=workspace.key,
            name=workspace.name,
            description=workspace.description,
            is_demo=workspace.is_demo,
            state=workspace.state,
            state_message=workspace.state_message,
            state_hint=workspace.state_hint,
            project_dir=workspace.project_dir,
            adapter_type=workspace.adapter_type,
            dbt_version=workspace.dbt_version,
            manifest_at=workspace.manifest_at,
            node_counts=counts,
            environments=[EnvironmentOut.model_validate(item, from_attributes=True) for item in environments],
            dagster_path=f"/dagster/locations/workbench/jobs/{workspace.key}__dbt",
        )


class WorkspaceList(BaseModel):
    """Every workspace that the caller may see."""

    items: list[WorkspaceOut]
    total: int
    next_cursor: str | None = None
