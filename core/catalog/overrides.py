"""What people of a workspace say of a node, beside what its project says.

An override holds in every environment of the workspace and outlives ingests, until it is taken back.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.audit.service import By
from core.catalog import notices
from core.catalog.ingest.refreshing import show_overrides
from core.catalog.models import Node, NodeOverride
from core.catalog.prepared import ask
from core.catalog.reading import Reading
from core.environments.models import Environment
from core.kit import clock
from core.kit.errors import FieldError, Invalid, NotFound
from core.kit.text import storable
from core.workspaces.models import Workspace

LONGEST_TEXT: Final = 20_000
LONGEST_NAME: Final = 200
MOST_TAGS: Final = 50


def of_node(session: Session, reading: Reading, unique_id: str) -> list[NodeOverride]:
    """The overrides of a node, by field."""
    return list(ask(session, reading, _of_node, unique_id).scalars())


def _of_node(reading: Reading, unique_id: str) -> sa.Select[NodeOverride]:
    of_node = sa.and_(NodeOverride.workspace_id == reading.workspace_id, NodeOverride.unique_id == unique_id)
    return sa.select(NodeOverride).where(of_node).order_by(NodeOverride.field)


def set_override(
    session: Session, by: By, workspace_id: int, unique_id: str, field: str, value: Any
) -> NodeOverride:
    """Say something of a node.

    Raises:
        NotFound: the workspace has no such node, or nodes have no such field that can be changed.
        Invalid: the value does not fit the field.
    """
    _wait_for_ingests(session, workspace_id)
    _check_node(session, workspace_id, unique_id)
    checked = _check(field, value)
    before = session.get(NodeOverride, (workspace_id, unique_id, field))
    old = None if before is None else before.value
    values = {"value": checked, "changed_by": by.name, "changed_at": clock.now()}
    key = {"workspace_id": workspace_id, "unique_id": unique_id, "field": field}
    statement = insert(NodeOverride).values(**key, **values)
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
    _note(session, by, workspace_id, unique_id, {field: old}, {field: checked})
    return session.get_one(NodeOverride, (workspace_id, unique_id, field), populate_existing=True)


def remove_override(session: Session, by: By, workspace_id: int, unique_id: str, field: str) -> None:
    """Take it back: what the project says holds again.

    Raises:
        NotFound: there is none.
    """
    _wait_for_ingests(session, workspace_id)
    found = session.get(NodeOverride, (workspace_id, unique_id, field))
    if found is None:
        raise NotFound(f"The {field} of {unique_id} is not overridden.")
    session.delete(found)
    session.flush()
    _note(session, by, workspace_id, unique_id, {field: found.value}, {field: None})


def _wait_for_ingests(session: Session, workspace_id: int) -> None:
    """An ingest has read the overrides by now, and writes rows that say what they said then."""
    session.execute(
        sa.select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True)
    )


def _note(
    session: Session,
    by: By,
    workspace_id: int,
    unique_id: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    for environment_id in show_overrides(session, workspace_id, unique_id):
        notices.publish(session, workspace_id, environment_id, ["overrides"])
    audit.record(
        session,
        by,
        audit.Tag.NODE_EDITED,
        workspace_id=workspace_id,
        subject=unique_id,
        before=before,
        after=after,
    )


def _check_node(session: Session, workspace_id: int, unique_id: str) -> None:
    query = (
        sa.select(Node.id)
        .join(Environment, Environment.id == Node.environment_id)
        .where(Environment.workspace_id == workspace_id, Node.unique_id == unique_id)
        .limit(1)
    )
    if session.scalar(query) is None:
        raise NotFound(f"There is no node {unique_id!r} in this workspace.")


def _check(field: str, value: Any) -> Any:
    if field not in _FIELDS:
        raise NotFound(f"{field!r} cannot be changed here.", hint=f"These can: {', '.join(sorted(_FIELDS))}.")
    try:
        return _FIELDS[field](value)
    except ValueError as error:
        detail = FieldError("value", str(error))
        raise Invalid(f"This cannot be the {field} of a node: it {error}.", details=[detail]) from error


def _owner(value: Any) -> str:
    return _text(value, LONGEST_NAME, empty=False)


def _description(value: Any) -> str:
    return _text(value, LONGEST_TEXT, empty=True)


def _text(value: Any, longest: int, *, empty: bool) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")  # noqa: TRY004 - told to who sent it
    if len(value) > longest:
        raise ValueError(f"may have {longest} characters at most")
    if not empty and not value.strip():
        raise ValueError("must not be empty")
    return storable(value)


def _tags(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_TAGS:  # pyright: ignore[reportUnknownArgumentType]
        raise ValueError(f"must be a list of {MOST_TAGS} texts at most")
    return list(dict.fromkeys(_text(tag, LONGEST_NAME, empty=False) for tag in value))  # pyright: ignore[reportUnknownVariableType]


def _meta(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be an object")  # noqa: TRY004 - told to who sent it
    written = msgspec.json.encode(value)
    if len(written) > LONGEST_TEXT:
        raise ValueError(f"may have {LONGEST_TEXT} bytes of JSON at most")
    if b"\\u0000" in written:
        raise ValueError("must not hold the character NUL")
    return value  # pyright: ignore[reportUnknownVariableType]


_FIELDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "owner": _owner,
    "description": _description,
    "tags": _tags,
    "meta": _meta,
}
