"""Reading the audit log: pages, filters, export."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.audit.models import AuditLog
from core.kit.database import Database
from core.kit.errors import FieldError, Invalid
from core.kit.paging import Page, decode_cursor, encode_cursor

# Beyond this nobody counts: the log grows without end, and a total is for orientation only.
COUNTED: Final = 10_000
FACETS: Final = 200
BATCH: Final = 1000
COLUMNS: Final = (
    "id",
    "at",
    "actor",
    "tag",
    "workspace_id",
    "subject",
    "before",
    "after",
    "data",
    "address",
    "request_id",
)
# A spreadsheet takes a cell that begins so for a formula, and would carry it out.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class AuditFilter:
    """Which rows are wanted. `workspace_id` None is the whole log; `tag` may end in `*`."""

    workspace_id: int | None = None
    actor: str | None = None
    tag: str | None = None
    subject: str | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def page(session: Session, wanted: AuditFilter, *, cursor: str | None, limit: int) -> Page[AuditLog]:
    """Rows, newest first. `total` is None where there are more than anybody counts.

    Raises:
        Invalid: the cursor is none of this list.
    """
    query = _query(wanted)
    counted = sa.select(sa.func.count()).select_from(query.limit(COUNTED + 1).subquery())
    total = session.scalar(counted) or 0
    before = decode_cursor(cursor)
    if before:
        query = query.where(AuditLog.id < before)
    rows = session.scalars(query.order_by(AuditLog.id.desc()).limit(limit + 1)).all()
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], None if total > COUNTED else total, following)


def facets(session: Session, workspace_id: int | None) -> dict[str, list[str]]:
    """Names and tags that occur, for filters; the first of each."""
    return {
        "actors": _distinct(session, workspace_id, AuditLog.actor),
        "tags": _distinct(session, workspace_id, AuditLog.tag),
    }


def export(db: Database, wanted: AuditFilter, kind: str, keys: Mapping[int, str]) -> Iterator[str]:
    """The rows as JSON lines or CSV, oldest first, a batch at a time.

    `keys` names workspaces by id. The rows are those that exist when it begins. No connection is held while a
    batch is on its way: whoever reads slowly, or not at all, takes none from others.

    Raises:
        Invalid: no such format.
    """
    if kind not in {"jsonl", "csv"}:
        detail = FieldError("format", "is jsonl or csv")
        raise Invalid(f"There is no export as {kind!r}.", details=[detail])
    with db.session() as session:
        last = session.scalar(sa.select(sa.func.max(AuditLog.id))) or 0
    return _csv(db, wanted, keys, last) if kind == "csv" else _jsonl(db, wanted, keys, last)


def _query(wanted: AuditFilter) -> sa.Select[AuditLog]:
    query = sa.select(AuditLog)
    if wanted.workspace_id is not None:
        query = query.where(AuditLog.workspace_id == wanted.workspace_id)
    if wanted.actor:
        query = query.where(AuditLog.actor == _clean(wanted.actor))
    if wanted.tag:
        tag = _clean(wanted.tag)
        query = query.where(
            AuditLog.tag.startswith(tag[:-1], autoescape=True) if tag.endswith("*") else AuditLog.tag == tag
        )
    if wanted.subject:
        query = query.where(AuditLog.subject == _clean(wanted.subject))
    if wanted.since:
        query = query.where(AuditLog.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditLog.at < wanted.until)
    if wanted.text:
        text = _clean(wanted.text)
        query = query.where(sa.or_(*(column.icontains(text, autoescape=True) for column in _TEXTS)))
    return query


_TEXTS: Final = (
    AuditLog.actor,
    AuditLog.tag,
    AuditLog.subject,
    AuditLog.address,
    AuditLog.request_id,
    sa.cast(AuditLog.before, sa.Text),
    sa.cast(AuditLog.after, sa.Text),
    sa.cast(AuditLog.data, sa.Text),
)


def _clean(text: str) -> str:
    return text.replace("\0", "")


def _distinct(session: Session, workspace_id: int | None, column: InstrumentedAttribute[str]) -> list[str]:
    query = sa.select(column).distinct().order_by(column).limit(FACETS)
    if workspace_id is not None:
        query = query.where(AuditLog.workspace_id == workspace_id)
    return list(session.scalars(query))


def _rows(db: Database, wanted: AuditFilter, keys: Mapping[int, str], last: int) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        query = _query(wanted).where(AuditLog.id > after, AuditLog.id <= last)
        with db.session() as session:
            rows = session.scalars(query.order_by(AuditLog.id).limit(BATCH)).all()
        for row in rows:
            facts = {name: getattr(row, name) for name in COLUMNS}
            facts["at"] = row.at.isoformat()
            facts["workspace"] = keys.get(facts.pop("workspace_id"))
            yield facts
        if len(rows) < BATCH:
            return
        after = rows[-1].id


def _jsonl(db: Database, wanted: AuditFilter, keys: Mapping[int, str], last: int) -> Iterator[str]:
    for facts in _rows(db, wanted, keys, last):
        yield json.dumps(facts, ensure_ascii=False) + "\n"


def _csv(db: Database, wanted: AuditFilter, keys: Mapping[int, str], last: int) -> Iterator[str]:
    names = [name if name != "workspace_id" else "workspace" for name in COLUMNS]
    yield _line(names)
    for facts in _rows(db, wanted, keys, last):
        yield _line([_cell(facts[name]) for name in names])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
