"""The difference between two snapshots of an environment, either way round."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.ingest.stored import bodies
from core.catalog.reading import valid_at
from core.catalog.snapshots.compare import Change, Side, compare
from core.catalog.snapshots.models import NodeContent, NodeVersion, Snapshot
from core.catalog.values import TEST_TYPES

KINDS: Final = ("added", "removed", "renamed", "changed")


@dataclass(frozen=True)
class Item:
    """A node that differs. `reasons` say what it breaks."""

    unique_id: str
    name: str
    resource_type: str
    kind: str
    renamed_from: str | None = None
    changes: Sequence[Change] = ()
    reasons: Sequence[str] = ()

    @property
    def breaking(self) -> bool:
        """Whether those who read it have to change something."""
        return bool(self.reasons)


@dataclass(frozen=True)
class Difference:
    """Everything that differs, what breaks first."""

    items: Sequence[Item]

    def summary(self) -> dict[str, int]:
        """How many of each kind, and how many break something."""
        counts = {kind: sum(1 for item in self.items if item.kind == kind) for kind in KINDS}
        return {**counts, "breaking": sum(1 for item in self.items if item.breaking)}


@dataclass(frozen=True)
class _Pair:
    old: Side | None
    new: Side | None


@dataclass
class _Tests:
    """Tests that came or went, by the node that they are about."""

    changes: dict[str, list[Change]] = field(default_factory=dict[str, list[Change]])

    def note(self, about: str, change: Change) -> None:
        self.changes.setdefault(about, []).append(change)


def difference(session: Session, workspace_id: int, old: Snapshot, new: Snapshot) -> Difference:
    """What became different on the way from one snapshot to the other."""
    moved = _moved(session, old, new)
    before = _sides(session, workspace_id, old, moved)
    after = _sides(session, workspace_id, new, moved)
    pairs = {key: _Pair(before.get(key), after.get(key)) for key in moved}
    renamed = _renamed(pairs)
    readers = _readers(session, workspace_id, new, [key for key in before if key not in after])
    tests = _tests(pairs)
    items = [
        item
        for key, pair in pairs.items()
        if key not in renamed and (item := _item(key, pair, tests, readers)) is not None
    ]
    items += [_renaming(key, origin, pairs, readers) for key, origin in renamed.items() if key != origin]
    items += _only_tests(session, workspace_id, new, tests, {item.unique_id for item in items})
    return Difference(sorted(items, key=_order))


def _order(item: Item) -> tuple[Any, ...]:
    return (
        not item.breaking,
        item.resource_type in TEST_TYPES,
        KINDS.index(item.kind),
        item.name,
        item.unique_id,
    )


def _moved(session: Session, one: Snapshot, other: Snapshot) -> list[str]:
    """Nodes with a version that began or ended between two snapshots."""
    low, high = sorted((one.id, other.id))

    def between(column: Any) -> sa.ColumnElement[bool]:
        return sa.and_(column > low, column <= high)

    query = (
        sa.select(NodeVersion.unique_id)
        .where(
            NodeVersion.environment_id == one.environment_id,
            sa.or_(between(NodeVersion.valid_from), between(NodeVersion.valid_to)),
        )
        .distinct()
        .order_by(NodeVersion.unique_id)
    )
    return list(session.scalars(query))


def _sides(
    session: Session, workspace_id: int, snapshot: Snapshot, unique_ids: Collection[str]
) -> dict[str, Side]:
    query = _versions(workspace_id, snapshot.environment_id).where(
        valid_at(snapshot.id), NodeVersion.unique_id == sa.func.any(list(unique_ids))
    )
    rows = list(session.execute(query))
    return {
        version.unique_id: side
        for (version, _), side in zip(rows, sides_of(session, workspace_id, rows), strict=True)
    }


def _versions(workspace_id: int, environment_id: int) -> Any:
    content = sa.and_(NodeContent.workspace_id == workspace_id, NodeContent.hash == NodeVersion.content_hash)
    return (
        sa.select(NodeVersion, NodeContent)
        .join(NodeContent, content)
        .where(NodeVersion.environment_id == environment_id)
    )


def sides_of(session: Session, workspace_id: int, rows: Iterable[Any]) -> list[Side]:
    """Versions with their contents, ready to be compared."""
    pairs: list[tuple[NodeVersion, NodeContent]] = [(row[0], row[1]) for row in rows]
    tables = bodies(session, workspace_id, {v.table_hash for v, _ in pairs if v.table_hash is not None})
    return [_side(version, content, tables) for version, content in pairs]


def _side(version: NodeVersion, content: NodeContent, tables: Mapping[UUID, Mapping[str, Any]]) -> Side:
    table = tables.get(version.table_hash) if version.table_hash else None
    return Side(content.facts, content.body, content.columns, table, version.raw_hash, version.compiled_hash)


def _renamed(pairs: Mapping[str, _Pair]) -> dict[str, str]:
    """New unique_ids, each with the old one of the same code; also the old ones, each with itself.

    Only where the code says it beyond doubt: one node went, one came, and no other has that code.
    """
    gone: dict[tuple[Any, ...], list[str]] = {}
    came: dict[tuple[Any, ...], list[str]] = {}
    for key, pair in pairs.items():
        side, into = (pair.old, gone) if pair.new is None else (pair.new, came)
        if side is not None and side.raw_hash is not None and (pair.old is None or pair.new is None):
            into.setdefault((side.facts["resource_type"], side.raw_hash), []).append(key)
    found: dict[str, str] = {}
    for code, new in came.items():
        old = gone.get(code, [])
        if len(new) == len(old) == 1 and code[0] not in TEST_TYPES:
            found[new[0]] = found[old[0]] = old[0]
    return found


def _readers(
    session: Session, workspace_id: int, new: Snapshot, gone: Collection[str]
) -> dict[str, list[str]]:
    """Who, at the new snapshot, still reads nodes that are gone."""
    if not gone:
        return {}
    parent = sa.func.jsonb_array_elements_text(NodeContent.facts["parents"]).table_valued(
        "value", name="parent"
    )
    read = parent.lateral()
    query = (
        _versions(workspace_id, new.environment_id)
        .join(read, sa.true())
        .where(valid_at(new.id), read.c.value == sa.func.any(list(gone)))
        .with_only_columns(read.c.value, NodeVersion.unique_id, maintain_column_froms=True)
    )
    found: dict[str, list[str]] = {}
    rows: Any = session.execute(query)
    for row in rows:
        found.setdefault(row[0], []).append(row[1])
    return found


def _tests(pairs: Mapping[str, _Pair]) -> _Tests:
    tests = _Tests()
    for key, pair in pairs.items():
        side = pair.new or pair.old
        if side is None or side.facts["resource_type"] not in TEST_TYPES:
            continue
        about, name = side.facts["attached_node"], side.facts["test_kind"] or side.facts["name"]
        if about and (pair.old is None or pair.new is None):
            column = side.facts["column_name"]
            what = f"{name} on {column}" if column else name
            tests.note(
                about,
                Change("test", what, None if pair.old is None else key, None if pair.new is None else key),
            )
    return tests


def _item(key: str, pair: _Pair, tests: _Tests, readers: Mapping[str, Sequence[str]]) -> Item | None:
    side = pair.new or pair.old
    if side is None:
        return None
    name, kind = side.facts["name"], side.facts["resource_type"]
    if pair.old is None:
        return Item(key, name, kind, "added", changes=tests.changes.get(key, ()))
    if pair.new is None:
        return Item(key, name, kind, "removed", reasons=_of_removal(pair.old, readers.get(key, ())))
    changes = [*compare(pair.old, pair.new), *tests.changes.get(key, ())]
    if not changes:
        return None
    return Item(
        key, name, kind, "changed", changes=changes, reasons=[change.why for change in changes if change.why]
    )


def _of_removal(side: Side, readers: Sequence[str]) -> list[str]:
    if readers:
        shown = ", ".join(sorted(readers)[:3])
        more = f" and {len(readers) - 3} more" if len(readers) > 3 else ""
        return [f"{shown}{more} still read it."]
    if side.is_relation:
        return [f"Who reads {side.facts['relation_name'] or side.facts['name']} no longer finds it."]
    return []


def _renaming(
    key: str, origin: str, pairs: Mapping[str, _Pair], readers: Mapping[str, Sequence[str]]
) -> Item:
    old, new = pairs[origin].old, pairs[key].new
    assert old is not None  # noqa: S101 - `_renamed` pairs one that went
    assert new is not None  # noqa: S101 - with one that came
    changes = compare(old, new)
    reasons = [*_of_removal(old, readers.get(origin, ())), *(c.why for c in changes if c.why)]
    return Item(key, new.facts["name"], new.facts["resource_type"], "renamed", origin, changes, reasons)


def _only_tests(
    session: Session, workspace_id: int, new: Snapshot, tests: _Tests, listed: Collection[str]
) -> list[Item]:
    """Nodes of which nothing changed but their tests."""
    left = [key for key in tests.changes if key not in listed]
    return [
        Item(key, side.facts["name"], side.facts["resource_type"], "changed", changes=tests.changes[key])
        for key, side in _sides(session, workspace_id, new, left).items()
    ]


@dataclass(frozen=True)
class Turn:
    """A snapshot in which a node came, changed or went."""

    snapshot_id: int
    kind: str
    changes: Sequence[Change] = ()


def turns_of(session: Session, workspace_id: int, environment_id: int, unique_id: str) -> list[Turn]:
    """What became of one node, newest first, as far back as snapshots are kept."""
    query = _versions(workspace_id, environment_id).where(NodeVersion.unique_id == unique_id)
    rows = list(session.execute(query.order_by(NodeVersion.valid_from)))
    sides = sides_of(session, workspace_id, rows)
    turns: list[Turn] = []
    for place, ((version, _), side) in enumerate(zip(rows, sides, strict=True)):
        before: NodeVersion | None = rows[place - 1][0] if place else None
        follows = before is not None and before.valid_to == version.valid_from
        if follows:
            changes = compare(sides[place - 1], side)
            turns += [Turn(version.valid_from, "changed", changes)] if changes else []
        else:
            turns.append(Turn(version.valid_from, "added"))
        after: NodeVersion | None = rows[place + 1][0] if place + 1 < len(rows) else None
        if version.valid_to is not None and (after is None or after.valid_from != version.valid_to):
            turns.append(Turn(version.valid_to, "removed"))
    return turns[::-1]
