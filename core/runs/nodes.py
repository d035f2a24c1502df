"""The nodes of a run: pages of them, one of them, and what the analyses need of all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Node
from core.catalog.reading import reading_now
from core.catalog.snapshots.models import CodeText, Snapshot
from core.kit.errors import NotFound
from core.kit.paging import Page, decode_cursor, page_of
from core.runs.analysis.values import Execution, Key
from core.runs.models import RunNode
from core.runs.ports import ENDED, EngineRun
from core.runs.recording import NOT_RUN, PENDING

# In a list, a message is its beginning; the node itself has all of it.
MESSAGE: Final = 300
LONG_MESSAGE: Final = 4000
# What needs attention first.
_URGENCY: Final = (
    ("error", "fail", "failed", "runtime error", "partial success"),
    ("running",),
    ("warn", "warning"),
    ("unknown", "cancelled", "skipped", NOT_RUN),
    (PENDING,),
)


@dataclass(frozen=True)
class NodesWanted:
    """Which nodes of a run, and in which order: one of SORTS, with `-` before it for descending."""

    statuses: Sequence[str] = ()
    resource_types: Sequence[str] = ()
    q: str | None = None
    step: int | None = None
    sort: str | None = None


SORTS: Final = ("order", "status", "name", "duration", "rows", "bytes")


@dataclass(frozen=True)
class NodeRow:
    """A node in a list, with the beginning of its message."""

    step: int
    unique_id: str
    name: str
    resource_type: str
    status: str
    started_at: Any
    finished_at: Any
    execution_time: float | None
    message: str | None
    failures: int | None
    rows_affected: int | None
    bytes_processed: int | None
    thread: str | None


@dataclass(frozen=True)
class NodesPage:
    """A page of nodes; the counts are of the whole run (or step), whatever is filtered by."""

    page: Page[NodeRow]
    statuses: Mapping[str, int]
    resource_types: Mapping[str, int]


@dataclass(frozen=True)
class NodeInRun:
    """Everything about a node in one step of a run. `code` is the SQL that ran; None where dbt kept none."""

    row: RunNode
    status: str
    code: str | None
    in_catalog: bool


def shown_status(*, ended: bool) -> sa.ColumnElement[str]:
    """The status as it is told: in a run that has ended nothing runs, and nothing is still to come.

    A node that was running when the worker died is `unknown`; one that it never came to is `not_run`.
    """
    if not ended:
        return sa.type_coerce(RunNode.status, sa.Text)
    return sa.case(
        (RunNode.status == "running", "unknown"), (RunNode.status == PENDING, NOT_RUN), else_=RunNode.status
    )


def told_status(status: str, *, ended: bool) -> str:
    """The same of a status that has been read."""
    return {"running": "unknown", PENDING: NOT_RUN}.get(status, status) if ended else status


def nodes_of_run(
    session: Session,
    workspace_id: int,
    run: EngineRun,
    wanted: NodesWanted,
    *,
    limit: int,
    cursor: str | None,
) -> NodesPage:
    """One page of the nodes of a run; without another order, as they began, those not begun last.

    Raises:
        Invalid: the cursor is none of this list.
    """
    offset = decode_cursor(cursor)
    status = shown_status(ended=run.status in ENDED)
    of_run = _of_run(workspace_id, run, wanted.step)
    statuses, types = _counts(session, of_run, status)
    where = [*of_run, *_filters(wanted, status)]
    total = session.scalar(sa.select(sa.func.count()).select_from(RunNode).where(*where)) or 0
    query = (
        sa.select(*_columns(status))
        .where(*where)
        .order_by(*_order(wanted.sort, status))
        .offset(offset)
        .limit(limit)
    )
    items = [NodeRow(*row) for row in session.execute(query)]
    return NodesPage(page_of(items, total=total, offset=offset, limit=limit), statuses, types)


def _of_run(workspace_id: int, run: EngineRun, step: int | None) -> list[sa.ColumnElement[bool]]:
    found = [RunNode.workspace_id == workspace_id, RunNode.run_id == run.run_id]
    return found if step is None else [*found, RunNode.step == step]


def _counts(
    session: Session, of_run: Sequence[sa.ColumnElement[bool]], status: sa.ColumnElement[str]
) -> tuple[dict[str, int], dict[str, int]]:
    query = sa.select(status.label("shown"), RunNode.resource_type, sa.func.count()).where(*of_run)
    statuses: dict[str, int] = {}
    types: dict[str, int] = {}
    for shown, kind, count in session.execute(query.group_by(sa.text("1"), RunNode.resource_type)):
        statuses[shown] = statuses.get(shown, 0) + count
        types[kind] = types.get(kind, 0) + count
    return statuses, types


def _filters(wanted: NodesWanted, status: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.statuses:
        found.append(status.in_(wanted.statuses))
    if wanted.resource_types:
        found.append(RunNode.resource_type.in_(wanted.resource_types))
    if wanted.q:
        found.append(RunNode.unique_id.icontains(wanted.q.replace("\0", "\ufffd"), autoescape=True))
    return found


def _columns(status: sa.ColumnElement[str]) -> list[sa.ColumnElement[Any]]:
    return [
        RunNode.step.expression,
        RunNode.unique_id.expression,
        RunNode.name.expression,
        RunNode.resource_type.expression,
        status.label("shown"),
        RunNode.started_at.expression,
        RunNode.finished_at.expression,
        RunNode.execution_time.expression,
        sa.func.left(RunNode.message, MESSAGE),
        RunNode.failures.expression,
        RunNode.rows_affected.expression,
        RunNode.bytes_processed.expression,
        RunNode.thread.expression,
    ]


def _order(sort: str | None, status: sa.ColumnElement[str]) -> list[sa.ColumnElement[Any]]:
    name = (sort or "order").removeprefix("-")
    keys: dict[str, sa.ColumnElement[Any]] = {
        "order": RunNode.started_at.expression,
        "status": _urgency(status),
        "name": sa.func.lower(RunNode.name),
        "duration": RunNode.execution_time.expression,
        "rows": RunNode.rows_affected.expression,
        "bytes": RunNode.bytes_processed.expression,
    }
    key = keys[name]
    # What has no value comes last either way.
    directed = (key.desc() if (sort or "").startswith("-") else key.asc()).nulls_last()
    first = [RunNode.step.expression] if name == "order" and not (sort or "").startswith("-") else []
    then = [] if name == "order" else [RunNode.started_at.asc().nulls_last()]
    return [*first, directed, *then, RunNode.step.expression, RunNode.unique_id.expression]


def _urgency(status: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    ranks = [(status.in_(words), rank) for rank, words in enumerate(_URGENCY)]
    return sa.case(*ranks, else_=len(_URGENCY))


def node_of_run(
    session: Session, workspace_id: int, run: EngineRun, unique_id: str, step: int | None
) -> NodeInRun:
    """One node of a run, in the last step that touched it unless another is asked for.

    Raises:
        NotFound: the run (or the step) did not touch such a node.
    """
    status = shown_status(ended=run.status in ENDED)
    code = sa.and_(CodeText.workspace_id == RunNode.workspace_id, CodeText.hash == RunNode.code_hash)
    known = sa.and_(Node.environment_id == RunNode.environment_id, Node.unique_id == RunNode.unique_id)
    query = (
        sa.select(RunNode, status, CodeText.text, Node.id.is_not(None))
        .outerjoin(CodeText, code)
        .outerjoin(Node, known)
        .where(*_of_run(workspace_id, run, step), RunNode.unique_id == unique_id)
        .order_by(RunNode.step.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    if found is None:
        where = "" if step is None else f" in step {step}"
        raise NotFound(
            f"Run {run.run_id} did not touch {unique_id}{where}.",
            hint="GET runs/{run_id}/nodes lists those it did.",
        )
    row, shown, text, in_catalog = found
    return NodeInRun(row, shown, text, in_catalog)


def messages_of(
    session: Session, workspace_id: int, run_id: str, keys: Collection[Key]
) -> dict[Key, str | None]:
    """The beginning of what dbt said of these nodes."""
    query = sa.select(RunNode.step, RunNode.unique_id, sa.func.left(RunNode.message, LONG_MESSAGE)).where(
        RunNode.workspace_id == workspace_id,
        RunNode.run_id == run_id,
        RunNode.unique_id == sa.func.any([unique_id for _, unique_id in keys]),
    )
    wanted = set(keys)
    return {
        (step, unique_id): message
        for step, unique_id, message in session.execute(query)
        if (step, unique_id) in wanted
    }


def executions_of(
    session: Session, workspace_id: int, run: EngineRun, step: int | None = None
) -> list[Execution]:
    """Every node of a run, as the analyses want them; in the order in which they began."""
    query = (
        sa.select(
            RunNode.step,
            RunNode.unique_id,
            RunNode.resource_type,
            shown_status(ended=run.status in ENDED),
            RunNode.started_at,
            RunNode.finished_at,
            RunNode.thread,
            RunNode.execution_time,
            RunNode.command,
            RunNode.name,
        )
        .where(*_of_run(workspace_id, run, step))
        .order_by(RunNode.step, RunNode.started_at.nulls_last(), RunNode.unique_id)
    )
    return [Execution(*row) for row in session.execute(query)]


def edges_of_run(session: Session, workspace_id: int, run: EngineRun) -> list[tuple[str, str]]:
    """Parent and child of every edge of the project that a run was of, as far as that is still known.

    They are those of the last snapshot that was taken in before the run ended; where that one is forgotten,
    those of the catalog as it is now.
    """
    environment_id = session.scalar(
        sa.select(RunNode.environment_id)
        .where(RunNode.workspace_id == workspace_id, RunNode.run_id == run.run_id)
        .limit(1)
    )
    if environment_id is None:
        return []
    reading = reading_now(workspace_id, environment_id)
    snapshots = sa.select(Snapshot).where(Snapshot.environment_id == environment_id)
    latest = session.scalar(snapshots.order_by(Snapshot.id.desc()).limit(1))
    if run.ended_at is not None and latest is not None and latest.ingested_at > run.ended_at:
        then = snapshots.where(Snapshot.ingested_at <= run.ended_at).order_by(Snapshot.id.desc()).limit(1)
        snapshot = session.scalar(then)
        if snapshot is not None:
            reading = type(reading)(workspace_id, environment_id, snapshot=snapshot)
    edge = reading.edges
    query = sa.select(edge.parent, edge.child).where(edge.environment_id == environment_id)
    return [(parent, child) for parent, child in session.execute(query)]
