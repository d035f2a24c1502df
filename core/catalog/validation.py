"""How well a project is kept: what is undescribed, untested, without owner, failing or stale."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.health import BUILT, FAILED
from core.catalog.reading import Reading
from core.catalog.repository import Joined, NodeRow, row_of
from core.kit import clock
from core.kit.errors import FieldError, Invalid
from core.kit.paging import Page, decode_cursor, page_of

CHECKED: Final = (*BUILT, "source")
# Built longer ago than this, nobody seems to build it any more.
STALE_AFTER: Final = timedelta(days=30)
Condition = sa.ColumnElement[bool]


def _undocumented(joined: Joined) -> Condition:
    return joined.node.description == ""


def _columns_undocumented(joined: Joined) -> Condition:
    return joined.node.columns_documented < joined.node.columns_total


def _untested(joined: Joined) -> Condition:
    return sa.func.coalesce(joined.health.tests, 0) == 0


def _ownerless(joined: Joined) -> Condition:
    node = joined.node
    return (sa.func.coalesce(node.owner, "") == "") & (sa.func.coalesce(node.group_name, "") == "")


def _failing(joined: Joined) -> Condition:
    return sa.or_(
        sa.func.coalesce(joined.result.status.in_(FAILED), sa.false()),
        sa.func.coalesce(joined.health.failed, 0) > 0,
    )


def _stale(joined: Joined) -> Condition:
    """A source that is too old, or something that was built, but long ago. Never built is unknown."""
    old = joined.result.at < clock.now() - STALE_AFTER
    return sa.or_(
        sa.func.coalesce(joined.fresh.status.in_(("warn", *FAILED)), sa.false()),
        sa.func.coalesce(old, sa.false()),
    )


CHECKS: Final[Mapping[str, Callable[[Joined], Condition]]] = {
    "failing": _failing,
    "stale": _stale,
    "untested": _untested,
    "undocumented": _undocumented,
    "columns_undocumented": _columns_undocumented,
    "ownerless": _ownerless,
}


@dataclass(frozen=True)
class Checked:
    """A node and the checks that it does not pass."""

    row: NodeRow
    checks: Sequence[str]


@dataclass(frozen=True)
class Validation:
    """One page of nodes that do not pass; `counts` and `of` are of all nodes of these resource types."""

    counts: Mapping[str, int]
    of: int
    page: Page[Checked]


def validate(
    session: Session,
    reading: Reading,
    checks: Sequence[str],
    kinds: Sequence[str],
    *,
    cursor: str | None,
    limit: int,
) -> Validation:
    """The nodes that do not pass any of these checks (of all checks, without a list).

    Raises:
        Invalid: there is no such check.
    """
    for check in checks:
        if check not in CHECKS:
            detail = FieldError("check", f"{check!r} is none of {', '.join(CHECKS)}")
            raise Invalid(f"There is no check {check!r}.", details=[detail])
    joined = Joined(reading)
    base = joined.select().where(joined.node.resource_type.in_(kinds or CHECKED))
    conditions = {name: check(joined) for name, check in CHECKS.items()}
    counts, of = _counts(session, base, conditions)
    failing = base.where(sa.or_(*(conditions[name] for name in checks or CHECKS)))
    total = session.scalar(failing.with_only_columns(sa.func.count(), maintain_column_froms=True)) or 0
    offset = decode_cursor(cursor)
    ordered = (
        failing.add_columns(*conditions.values())
        .order_by(sa.func.lower(joined.node.name), joined.node.unique_id)
        .offset(offset)
        .limit(limit)
    )
    items = [_checked(found) for found in session.execute(ordered)]
    return Validation(counts, of, page_of(items, total=total, offset=offset, limit=limit))


def _counts(
    session: Session, base: sa.Select[Any], conditions: Mapping[str, Condition]
) -> tuple[dict[str, int], int]:
    counted = [sa.func.count().filter(condition) for condition in conditions.values()]
    of, *counts = session.execute(
        base.with_only_columns(sa.func.count(), *counted, maintain_column_froms=True)
    ).one()
    return dict(zip(conditions, counts, strict=True)), of


def _checked(found: Any) -> Checked:
    failed = found[4:]
    return Checked(row_of(found), [name for name, fails in zip(CHECKS, failed, strict=True) if fails])
