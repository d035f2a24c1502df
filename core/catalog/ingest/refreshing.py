"""Showing a node as people now say it is, without an ingest."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.columns import merge
from core.catalog.ingest.rows import OVERRIDDEN
from core.catalog.ingest.stored import as_parsed, bodies
from core.catalog.models import Node, NodeOverride
from core.catalog.search.documents import document
from core.environments.models import Environment
from core.kit.database import SCHEMA


def show_overrides(session: Session, workspace_id: int, unique_id: str) -> list[int]:
    """Bring the rows of a node up to its overrides; answers the environments that have the node."""
    query = (
        sa.select(Node)
        .join(Environment, Environment.id == Node.environment_id)
        .where(Environment.workspace_id == workspace_id, Node.unique_id == unique_id)
    )
    said = _said(session, workspace_id, unique_id)
    nodes = list(session.scalars(query))
    for node in nodes:
        _show(session, workspace_id, node, said)
    return [node.environment_id for node in nodes]


def _said(session: Session, workspace_id: int, unique_id: str) -> dict[str, Any]:
    query = sa.select(NodeOverride.field, NodeOverride.value).where(
        NodeOverride.workspace_id == workspace_id,
        NodeOverride.unique_id == unique_id,
        NodeOverride.field.in_(OVERRIDDEN),
    )
    return dict(session.execute(query).tuples().all())


def _show(session: Session, workspace_id: int, node: Node, said: dict[str, Any]) -> None:
    parsed = as_parsed(session, workspace_id, node.environment_id, [node.unique_id])[0]
    shown = {**parsed.facts, **said}
    for field in OVERRIDDEN:
        setattr(node, field, shown[field])
    session.flush()
    table = bodies(session, workspace_id, [node.table_hash]).get(node.table_hash) if node.table_hash else None
    columns = merge(parsed.columns, table)
    vectors = document(
        node.unique_id,
        shown,
        [column.name for column in columns],
        parsed.raw_code,
        node.environment_id,
        [column.description for column in columns if column.description],
    )
    session.execute(
        sa.text(
            f"""
            insert into {SCHEMA}.node_search (node_id, names, columns, texts, code)
            values (:id, cast(:names as tsvector), cast(:columns as tsvector), cast(:texts as tsvector),
                cast(:code as tsvector))
            on conflict (node_id) do update set names = excluded.names, columns = excluded.columns,
                texts = excluded.texts, code = excluded.code
            """  # noqa: S608 - a name of ours
        ),
        {"id": node.id, **dict(zip(("names", "columns", "texts", "code"), vectors, strict=True))},
    )
