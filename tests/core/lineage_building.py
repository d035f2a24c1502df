"""Projects in memory whose lineage is in the tables: traced for real, or put there edge by edge."""

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from core.catalog.models import CatalogState
from core.catalog.reading import Reading, snapshot_of
from core.kit.bulk import as_json, copy_rows
from core.lineage.models import LineageState
from core.lineage.tracing.computing import Limits
from core.lineage.tracing.service import trace_environment
from tests.core.building import Raw, Shop, check, compiled, model, node, source

Edge = tuple[str, str] | tuple[str, str, str]
NO_HASH = UUID(int=0)
RAW_ID = "source.shop.raw.orders"


def sql(name: str, code: str, *reads: str, **more: Any) -> Raw:
    """A model with compiled SQL; it reads models by name, others by unique_id."""
    ids = [read if "." in read else f"model.shop.{read}" for read in reads]
    return compiled(model(name, reads=ids, raw_code=f"raw of {code}", **more), code)


def bikes(**changed: str) -> list[Raw]:
    """Source -> stg -> mart -> report, a side branch, tests, and an exposure; `changed` replaces SQL."""
    codes = {
        "stg": 'select id, amount as value, state from "dev"."main"."raw.orders" where state > 0',
        "mart": 'select id, sum(value) as total from "dev"."main"."stg" group by id',
        "side": 'select id as key, state from "dev"."main"."stg"',
        "report": 'select m.total, s.state from "dev"."main"."mart" m'
        ' join "dev"."main"."side" s on m.id = s.key',
        **changed,
    }
    return [
        source("orders"),
        sql("stg", codes["stg"], RAW_ID, tags=["core"]),
        sql("mart", codes["mart"], "stg", meta={"owner": "Finance"}, config={"materialized": "view"}),
        sql("side", codes["side"], "stg"),
        sql("report", codes["report"], "mart", "side", meta={"owner": "=Sales"}),
        check(
            "not_null_total",
            reads=["model.shop.mart"],
            kind="not_null",
            attached="model.shop.mart",
            column_name="TOTAL",
        ),
        check(
            "unique_id", reads=["model.shop.stg"], kind="unique", attached="model.shop.stg", column_name="id"
        ),
        check("mart_is_sound", reads=["model.shop.mart"]),
    ]


def exposures() -> dict[str, Sequence[Raw]]:
    return {
        "exposures": [node("exposure", "board", reads=["model.shop.report"], owner={"name": "Ada"})],
        "metrics": [node("metric", "revenue", reads=["model.shop.mart"])],
    }


def traced(shop: Shop, *nodes: Raw, **sections: Sequence[Raw]) -> int:
    """Take nodes in and trace their columns; the snapshot that this makes."""
    shop.know(*nodes, **sections)
    trace_environment(shop.db, shop.environment_id, Limits(workers=1))
    return snapshot_id(shop)


def snapshot_id(shop: Shop) -> int:
    with shop.db.session() as session:
        found = session.get_one(CatalogState, shop.environment_id).snapshot_id
        assert found is not None
        return found


def reading_at(shop: Shop, snapshot: int | None) -> Reading:
    if snapshot is None:
        return shop.reading
    with shop.db.session() as session:
        return Reading(
            shop.workspace_id,
            shop.environment_id,
            "dev",
            snapshot_of(session, shop.environment_id, snapshot),
        )


def put_edges(shop: Shop, edges: Iterable[Edge]) -> None:
    """Edges between columns `node.column` of models, with kind; whatever the projects of dbt allow.

    What a node says of its columns is put there with them, and the state of tracing.
    """
    given = [(*edge, "value")[:3] for edge in edges]
    names = sorted({end for edge in given for end in edge[:2]})
    numbers = {name: number for number, name in enumerate(names, start=1)}
    at, environment_id = snapshot_id(shop), shop.environment_id
    columns: dict[str, list[Raw]] = {}
    for name in names:
        owner, _, column = name.rpartition(".")
        known = {"name": column, "known_from": "catalog", "status": "complete"}
        columns.setdefault(owner, []).extend([] if column == "*" else [known])
    with shop.db.session() as session:
        rows = ((numbers[name], environment_id, *_split(name)) for name in names)
        copy_rows(session, "lineage_columns", ("id", "environment_id", "unique_id", "name"), rows)
        copy_rows(
            session,
            "column_lineage",
            ("parent_id", "child_id", "kind", "transform", "valid_from", "confidence"),
            ((numbers[a], numbers[b], kind, TRANSFORMS[kind], at, 1.0) for a, b, kind in given),
        )
        copy_rows(
            session,
            "node_lineage",
            NODE_LINEAGE,
            (
                (
                    environment_id,
                    f"model.shop.{owner}",
                    at,
                    "complete",
                    "",
                    as_json(known),
                    True,
                    0.5,
                    NO_HASH,
                )
                for owner, known in columns.items()
            ),
        )
        session.add(LineageState(environment_id=environment_id, state="done", snapshot_id=at, wanted_id=at))


TRANSFORMS = {"value": "copied", "influence": "filter", "rows": "rows"}
NODE_LINEAGE = (
    "environment_id",
    "unique_id",
    "valid_from",
    "status",
    "reason",
    "columns",
    "complete",
    "seconds",
    "input_hash",
)


def _split(name: str) -> tuple[str, str]:
    owner, _, column = name.rpartition(".")
    return f"model.shop.{owner}", column


def models(shop: Shop, *names: str) -> None:
    """Models without anything; their columns come from `put_edges`."""
    shop.know(*(model(name) for name in names))


@contextmanager
def counted(shop: Shop) -> Any:
    """The statements that are sent meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        found.append(statement)

    sa.event.listen(shop.db.engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(shop.db.engine, "before_cursor_execute", note)
