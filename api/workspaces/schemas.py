"""Workspaces as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from api.kit.bodies import Strict
from core.auth.actor import Actor
from core.auth.rights import Role, Scope
from core.environments.models import Environment
from core.runs.service import plain_job_name
from core.workspaces.models import Workspace, WorkspaceState


class EnvironmentOut(BaseModel):
    """Where dbt runs. `in_profile`: its target is one of the repository's profile.

    Not `is_runnable`: it is archived, or its artifacts come from elsewhere.
    """

    key: str
    name: str
    dbt_target: str
    adapter_type: str | None
    is_default: bool
    in_profile: bool
    is_runnable: bool


class NewWorkspaceIn(Strict):
    """A workspace to be made. `project_dir` is the folder, on the server, of a dbt project."""

    key: str = Field(max_length=100, examples=["finance"])
    name: str = Field(max_length=200, examples=["Finance"])
    description: str = Field(default="", max_length=10_000)
    project_dir: str | None = Field(default=None, max_length=4000, examples=["/srv/dbt/finance"])


class WorkspaceIn(Strict):
    """What is to change; what is left out stays."""

    name: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=10_000)


class WorkspaceOut(BaseModel):
    """A workspace. `state` is `broken` when its project cannot be read; `state_message` is dbt's own.

    `role` and `scopes` are those of whoever asks; where the project lies is told to admins only.
    """

    key: str
    name: str
    description: str
    is_demo: bool
    state: WorkspaceState
    state_message: str | None
    state_hint: str | None
    has_project: bool
    project_dir: str | None
    adapter_type: str | None
    dbt_version: str | None
    manifest_at: datetime | None
    node_counts: dict[str, int]
    environments: list[EnvironmentOut]
    dagster_path: str
    archived_at: datetime | None
    role: Role
    scopes: list[str]

    @classmethod
    def of(
        cls,
        workspace: Workspace,
        actor: Actor,
        environments: Sequence[Environment],
        counts: dict[str, int],
    ) -> Self:
        """From the tables."""
        return cls(
            key=workspace.key,
            name=workspace.name,
            description=workspace.description,
            is_demo=workspace.is_demo,
            state=workspace.state,
            state_message=workspace.state_message,
            state_hint=workspace.state_hint,
            has_project=workspace.project_dir is not None,
            project_dir=workspace.project_dir if actor.may(Scope.WORKSPACE_EDIT, workspace.key) else None,
            adapter_type=workspace.adapter_type,
            dbt_version=workspace.dbt_version,
            manifest_at=workspace.manifest_at,
            node_counts=counts,
            environments=[EnvironmentOut.model_validate(item, from_attributes=True) for item in environments],
            dagster_path=f"/dagster/locations/workbench/jobs/{plain_job_name(workspace.key)}",
            archived_at=workspace.archived_at,
            role=actor.role_in(workspace.key) or Role.VIEWER,
            scopes=[str(scope) for scope in actor.scopes_in(workspace.key)],
        )


class WorkspaceList(BaseModel):
    """Every workspace that the caller may see."""

    items: list[WorkspaceOut]
    total: int
    next_cursor: str | None = None
