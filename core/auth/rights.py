"""Roles, scopes, and the one table that says which role carries which scope.

Code, the API's document, the page "What roles may do" and docs/security.md all follow this table.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final


class Role(StrEnum):
    """What a person is in a workspace."""

    VIEWER = "viewer"
    DEVELOPER = "developer"
    ADMIN = "admin"


class Level(StrEnum):
    """The least that somebody must be to hold a scope."""

    PERSON = "person"
    VIEWER = "viewer"
    DEVELOPER = "developer"
    ADMIN = "admin"
    INSTANCE_ADMIN = "instance_admin"


class Scope(StrEnum):
    """What can be allowed."""

    ACCOUNT_READ = "account:read"
    ACCOUNT_MANAGE = "account:manage"
    WORKSPACE_LIST = "workspace:list"
    PLUGIN_READ = "plugin:read"
    WORKSPACE_READ = "workspace:read"
    CATALOG_READ = "catalog:read"
    RUN_READ = "run:read"
    JOB_READ = "job:read"
    NOTIFICATION_READ = "notification:read"
    ARTIFACT_READ = "artifact:read"
    MEMBER_READ = "member:read"
    DAGSTER_READ = "dagster:read"
    RUN_START = "run:start"
    RUN_CANCEL = "run:cancel"
    JOB_EDIT = "job:edit"
    ARTIFACT_UPLOAD = "artifact:upload"
    CATALOG_EDIT = "catalog:edit"
    LINEAGE_TRACE = "lineage:trace"
    DAGSTER_OPERATE = "dagster:operate"
    WORKSPACE_EDIT = "workspace:edit"
    ENVIRONMENT_EDIT = "environment:edit"
    NOTIFICATION_EDIT = "notification:edit"
    MEMBER_MANAGE = "member:manage"
    TOKEN_MANAGE = "token:manage"
    AUDIT_READ = "audit:read"
    DAGSTER_ADMINISTER = "dagster:administer"
    WORKSPACE_MANAGE = "workspace:manage"
    USER_MANAGE = "user:manage"
    AUDIT_READ_ALL = "audit:read-all"


@dataclass(frozen=True)
class Right:
    """A scope, who holds it, and whether an API token may carry it."""

    scope: Scope
    level: Level
    description: str
    tokens: bool = True


LEVELS: Final = {
    Level.PERSON: ("Anyone logged in", "Everybody with an account, member of a workspace or not."),
    Level.VIEWER: ("Viewer", "Reads everything of a workspace, changes nothing."),
    Level.DEVELOPER: (
        "Developer",
        "Also starts and stops runs, brings artifacts and edits what the catalog says.",
    ),
    Level.ADMIN: ("Admin", "Also decides who is a member, holds its tokens and reads its audit log."),
    Level.INSTANCE_ADMIN: (
        "Instance admin",
        "Manages people and workspaces, and is an admin in every workspace.",
    ),
}

RIGHTS: Final = (
    Right(Scope.ACCOUNT_READ, Level.PERSON, "See who one is, one's roles, and what roles may do"),
    Right(
        Scope.ACCOUNT_MANAGE,
        Level.PERSON,
        "Change one's own password, name, sessions and tokens",
        tokens=False,
    ),
    Right(Scope.WORKSPACE_LIST, Level.PERSON, "List the workspaces that one is a member of"),
    Right(Scope.PLUGIN_READ, Level.PERSON, "See which plugins are installed"),
    Right(Scope.WORKSPACE_READ, Level.VIEWER, "See a workspace, its environments and its state"),
    Right(Scope.CATALOG_READ, Level.VIEWER, "Read the catalog and lineage"),
    Right(Scope.RUN_READ, Level.VIEWER, "See runs, their results and logs"),
    Right(Scope.JOB_READ, Level.VIEWER, "See jobs, their triggers and what became of them"),
    Right(Scope.NOTIFICATION_READ, Level.VIEWER, "See who is told of what, and what was delivered"),
    Right(Scope.ARTIFACT_READ, Level.VIEWER, "See and download artifacts"),
    Right(Scope.MEMBER_READ, Level.VIEWER, "See who is a member"),
    Right(Scope.DAGSTER_READ, Level.VIEWER, "Open Dagster's page (needed in every workspace: it shows all)"),
    Right(Scope.RUN_START, Level.DEVELOPER, "Start runs"),
    Right(Scope.RUN_CANCEL, Level.DEVELOPER, "Cancel runs"),
    Right(Scope.JOB_EDIT, Level.DEVELOPER, "Make and change jobs, pause and resume their triggers"),
    Right(Scope.ARTIFACT_UPLOAD, Level.DEVELOPER, "Bring artifacts into the catalog"),
    Right(
        Scope.CATALOG_EDIT,
        Level.DEVELOPER,
        "Change owner, description, tags and metadata shown in the catalog",
    ),
    Right(Scope.LINEAGE_TRACE, Level.DEVELOPER, "Have column lineage traced again"),
    Right(
        Scope.DAGSTER_OPERATE,
        Level.DEVELOPER,
        "Start and stop runs, schedules and sensors in Dagster's page (needed in every workspace)",
    ),
    Right(Scope.WORKSPACE_EDIT, Level.ADMIN, "Change name and description of a workspace"),
    Right(
        Scope.ENVIRONMENT_EDIT,
        Level.ADMIN,
        "Change environments: target, profile, variables, secrets and the dbt that runs there",
    ),
    Right(
        Scope.NOTIFICATION_EDIT,
        Level.ADMIN,
        "Change channels and rules of notifications, and send deliveries again",
    ),
    Right(Scope.MEMBER_MANAGE, Level.ADMIN, "Add and remove members, change their roles", tokens=False),
    Right(Scope.TOKEN_MANAGE, Level.ADMIN, "Make and revoke service tokens of a workspace", tokens=False),
    Right(Scope.AUDIT_READ, Level.ADMIN, "Read and export the audit log of a workspace"),
    Right(
        Scope.DAGSTER_ADMINISTER,
        Level.ADMIN,
        "Delete and reset things in Dagster's page (needed in every workspace)",
    ),
    Right(
        Scope.WORKSPACE_MANAGE, Level.INSTANCE_ADMIN, "Create, archive and restore workspaces", tokens=False
    ),
    Right(Scope.USER_MANAGE, Level.INSTANCE_ADMIN, "Create, change and delete people", tokens=False),
    Right(Scope.AUDIT_READ_ALL, Level.INSTANCE_ADMIN, "Read and export the whole audit log"),
)

BY_SCOPE: Final = {right.scope: right for right in RIGHTS}
TOKEN_SCOPES: Final = frozenset(right.scope for right in RIGHTS if right.tokens)
PERSON_SCOPES: Final = frozenset(right.scope for right in RIGHTS if right.level == Level.PERSON)
INSTANCE_SCOPES: Final = frozenset(right.scope for right in RIGHTS if right.level == Level.INSTANCE_ADMIN)

_LADDER: Final = (Role.VIEWER, Role.DEVELOPER, Role.ADMIN)


@cache
def scopes_of(role: Role) -> frozenset[Scope]:
    """What a role may do in its workspace: its own scopes and those of the roles below it."""
    held = {Level(step) for step in _LADDER[: _LADDER.index(role) + 1]}
    return frozenset(right.scope for right in RIGHTS if right.level in held)


def role_for(scope: Scope) -> Role | None:
    """The least role that carries a scope; None for scopes that no workspace gives."""
    level = BY_SCOPE[scope].level
    return Role(level) if level in set(Role) else None
