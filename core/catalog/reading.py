"""Which catalog is read: of an environment, as it is now or as it was at a snapshot."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.catalog.ingest.rows import FACTS
from core.catalog.made_of import MADE_OF
from core.catalog.models import FreshnessAnswer, LineageEdge, Node, NodeResult, SourceFreshness
from core.catalog.snapshots.models import NodeContent, NodeVersion, Snapshot
from core.kit.database import SCHEMA
from core.kit.errors import NotFound


@dataclass(frozen=True)
class Reading:
    """A catalog to read from. Queries take `nodes`, `edges` and `results` from here, whichever time is meant.

    `past_results` stands for the latest results as of the snapshot: columns of `node_results`. It comes from
    who knows the history of runs; without it, no result is known of the past.
    """

    workspace_id: int
    environment_id: int
    environment: str = ""
    snapshot: Snapshot | None = None
    past_results: sa.Subquery | None = field(default=None, compare=False)

    @property
    def is_past(self) -> bool:
        """Whether it is not the catalog as it is now."""
        return self.snapshot is not None

    @cached_property
    def nodes(self) -> type[Node]:
        """The nodes: the table, or what it was."""
        return (
            Node
            if self.snapshot is None
            else aliased(Node, _nodes_of(self, self.snapshot.id), adapt_on_names=True)
        )

    @cached_property
    def edges(self) -> type[LineageEdge]:
        """Who reads whom."""
        if self.snapshot is None:
            return LineageEdge
        return aliased(LineageEdge, _edges_of(self, self.snapshot.id), adapt_on_names=True)

    @cached_property
    def results(self) -> type[NodeResult]:
        """The latest result of each node."""
        if self.snapshot is None:
            return NodeResult
        past = self.past_results if self.past_results is not None else _no_results()
        return aliased(NodeResult, past, adapt_on_names=True)

    @cached_property
    def freshness(self) -> type[SourceFreshness]:
        """The latest answer about the freshness of each source."""
        if self.snapshot is None:
            return SourceFreshness
        return aliased(SourceFreshness, _freshness_of(self, self.snapshot), adapt_on_names=True)


def reading_now(workspace_id: int, environment_id: int, environment: str = "") -> Reading:
    """The catalog of an environment as it is now."""
    return Reading(workspace_id, environment_id, environment)


def snapshot_of(session: Session, environment_id: int, snapshot_id: int) -> Snapshot:
    """A snapshot of an environment.

    Raises:
        NotFound: it has no such snapshot (any more).
    """
    snapshot = session.get(Snapshot, snapshot_id)
    if snapshot is None or snapshot.environment_id != environment_id:
        raise NotFound(
            f"There is no snapshot {snapshot_id} of this environment.",
            hint="Old ones are forgotten after a while; the list of snapshots shows those that are kept.",
        )
    return snapshot


def valid_at(snapshot_id: int) -> sa.ColumnElement[bool]:
    """Whether a version of a node held as of a snapshot."""
    until = sa.or_(NodeVersion.valid_to.is_(None), NodeVersion.valid_to > snapshot_id)
    return sa.and_(NodeVersion.valid_from <= snapshot_id, until)


_FROM_VERSION: Final = ("environment_id", "unique_id", *MADE_OF)


def _content(workspace_id: int) -> sa.ColumnElement[bool]:
    return sa.and_(NodeContent.workspace_id == workspace_id, NodeContent.hash == NodeVersion.content_hash)


def _nodes_of(reading: Reading, snapshot_id: int) -> sa.Subquery:
    # The facts of a content are a row of `nodes`, as JSON; PostgreSQL turns them back into one.
    facts = sa.func.jsonb_populate_record(sa.literal_column(f"null::{SCHEMA}.nodes"), NodeContent.facts)
    row: Any = facts.table_valued(
        *(sa.column(name, Node.__table__.c[name].type) for name in FACTS), name="facts"
    ).lateral()
    version = NodeVersion.__table__.c
    return (
        sa.select(
            # Any number that names this version of the node and no other.
            sa.func.hashtextextended(version.unique_id, version.valid_from).label("id"),
            *(version[name] for name in _FROM_VERSION),
            *(row.c[name] for name in FACTS),
            version.content_hash.label("entry_hash"),
        )
        .select_from(NodeVersion)
        .join(NodeContent, _content(reading.workspace_id))
        .join(row, sa.true())
        .where(NodeVersion.environment_id == reading.environment_id, valid_at(snapshot_id))
        .subquery("nodes_then")
    )


def _edges_of(reading: Reading, snapshot_id: int) -> sa.Subquery:
    listed = sa.func.jsonb_array_elements_text(NodeContent.facts["parents"])
    parents = listed.table_valued("value", name="parents").lateral()
    return (
        sa.select(
            NodeVersion.environment_id,
            parents.c.value.label("parent"),
            NodeVersion.unique_id.label("child"),
        )
        .select_from(NodeVersion)
        .join(NodeContent, _content(reading.workspace_id))
        .join(parents, sa.true())
        .where(NodeVersion.environment_id == reading.environment_id, valid_at(snapshot_id))
        .subquery("edges_then")
    )


def _freshness_of(reading: Reading, snapshot: Snapshot) -> sa.Subquery:
    answer = FreshnessAnswer
    return (
        sa.select(*answer.__table__.c, answer.at.label("ingested_at"))
        .distinct(answer.unique_id)
        .where(answer.environment_id == reading.environment_id, answer.at <= snapshot.ingested_at)
        .order_by(answer.unique_id, answer.at.desc(), answer.id.desc())
        .subquery("freshness_then")
    )


def _no_results() -> sa.Subquery:
    return sa.select(NodeResult.__table__).where(sa.false()).subquery("no_results")
