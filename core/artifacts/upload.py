"""Uploads: from a spool folder full of what somebody sent to a drop that waits for its ingest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from core.artifacts import delivery, drops
from core.artifacts.checking import EXPECTED, malformed
from core.artifacts.delivery import Delivered, Limits, Prepared
from core.artifacts.drops import Bringing, DropView
from core.artifacts.store import ArtifactStore
from core.audit import service as audit
from core.auth.actor import Actor
from core.environments import service as environments
from core.environments.models import Environment
from core.kit.database import Database
from core.kit.errors import FieldError, Invalid
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace

UPLOAD: Final = "upload"
DEFAULT: Final = "default"
_KEY: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class Upload:
    """What was asked for: where it belongs, and what people call it."""

    workspace: str
    environment: str | None
    label: str
    create_environment: bool = False


def environment_for(
    session: Session, workspace: Workspace, key: str | None, *, create: bool = False
) -> Environment:
    """The environment that something is brought for, made if that is wanted.

    A workspace that has none gets one, named default.

    Raises:
        Invalid: it does not exist and shall not be made, or cannot have that name.
    """
    known = environments.environments_of(session, [workspace.id])[workspace.id]
    if (not known and key in {None, DEFAULT}) or (create and key is not None):
        return environments.ensure(session, workspace.id, _checked(key or DEFAULT))
    return environments.pick(session, workspace.id, key)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        detail = FieldError("environment", "takes letters, digits, '_', '.' and '-', up to 100")
        raise Invalid(f"{key!r} cannot be the key of an environment.", details=[detail])
    return key


def check_allowed(session: Session, actor: Actor, upload: Upload) -> None:
    """Refuse before the body is read what would be refused after it.

    Raises:
        NotFound: there is no such workspace that the actor may see.
        Conflict: it is archived.
        Invalid: there is no such environment.
    """
    workspace = workspaces.get_workspace(session, actor, upload.workspace)
    workspaces.check_in_use(workspace)
    if upload.environment is None:
        return
    if upload.create_environment:
        _checked(upload.environment)
        return
    known = environments.environments_of(session, [workspace.id])[workspace.id]
    if known or upload.environment != DEFAULT:
        environments.pick(session, workspace.id, upload.environment)


def accept(
    db: Database,
    store: ArtifactStore,
    actor: Actor,
    upload: Upload,
    delivered: Sequence[Delivered],
    spool: Path,
    limits: Limits,
) -> tuple[DropView, bool]:
    """Take in what was sent: the drop, and whether it is new.

    Raises:
        Invalid: something of it is broken. It is listed as a refused drop all the same.
        NotFound, Conflict: as `check_allowed`; things may have changed since.
    """
    if not delivered:
        raise malformed("The upload", f"holds no file; expected any of {EXPECTED}, or an archive of them")
    prepared = delivery.prepare(store, delivered, spool, limits)
    with db.session() as session:
        view, new = _keep(session, actor, upload, prepared)
    if prepared.problem is not None:
        raise drops.refusal_of(view.drop, prepared.problem)
    return view, new


def _keep(session: Session, actor: Actor, upload: Upload, prepared: Prepared) -> tuple[DropView, bool]:
    workspace = workspaces.get_workspace(session, actor, upload.workspace)
    workspaces.check_in_use(workspace)
    environment = environment_for(session, workspace, upload.environment, create=upload.create_environment)
    bringing = Bringing(workspace.id, environment.id, UPLOAD, upload.label, actor.name, again=True)
    drop, new = drops.keep(session, bringing, prepared)
    audit.record(
        session,
        actor.by,
        audit.Tag.ARTIFACT_UPLOADED,
        workspace_id=workspace.id,
        subject=upload.label,
        data={
            "drop": drop.id,
            "environment": environment.key,
            "files": [item["name"] for item in prepared.files],
            "state": str(drop.state),
        },
    )
    return drops.get_drop(session, workspace.id, drop.id), new
