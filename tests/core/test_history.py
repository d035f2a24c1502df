"""The catalog over time: snapshots, what differs between two, overrides, what is forgotten and restored."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.artifacts.restoring import restore
from core.artifacts.store import ArtifactStore
from core.audit.service import By
from core.catalog import overrides, repository, service
from core.catalog.node_view import view_node
from core.catalog.reading import Reading, snapshot_of
from core.catalog.repository import NodeFilter
from core.catalog.snapshots import retention
from core.catalog.snapshots.diff import difference, turns_of
from core.catalog.snapshots.models import CodeText, NodeContent, Snapshot
from core.kit.errors import Invalid, NotFound
from core.runs.past import results_as_of
from core.workspaces.models import Workspace
from tests.core.building import (
    Shop,
    catalog_file,
    check,
    compiled,
    invoked,
    model,
    node,
    result,
    source,
    sources_file,
)

ORDERS = "model.shop.orders"
ANN = By("ann")


def then(shop: Shop, snapshot_id: int) -> Reading:
    with shop.db.session() as session:
        snapshot = snapshot_of(session, shop.environment_id, snapshot_id)
    past = results_as_of(shop.environment_id, snapshot.ingested_at)
    return Reading(shop.workspace_id, shop.environment_id, "dev", snapshot, past)


def names(shop: Shop, reading: Reading, **wanted: Any) -> list[str]:
    with shop.db.session() as session:
        found = service.list_nodes(session, reading, NodeFilter(**wanted), cursor=None, limit=50)
    return [row.node.name for row in found.page.items]


def compared(shop: Shop, old: int | None, new: int | None) -> dict[str, Any]:
    with shop.db.session() as session:
        one, other = (session.get_one(Snapshot, key) for key in (old, new))
        found = difference(session, shop.workspace_id, one, other)
    return {"summary": found.summary(), **{item.unique_id: item for item in found.items}}


def aspects(item: Any) -> list[tuple[str, str, bool]]:
    return [(change.aspect, change.what, change.breaking) for change in item.changes]


def test_the_catalog_can_be_read_as_of_any_snapshot(shop: Shop) -> None:
    first = shop.know(model("orders", description="Old.", tags=("a",)), model("gone")).snapshot_id
    shop.ran(result(ORDERS, "success", at="2098-01-01T00:00:00Z"))
    second = shop.know(
        model("orders", description="New.", reads=["model.shop.fresh"]), model("fresh")
    ).snapshot_id
    assert first is not None
    assert second is not None
    assert names(shop, then(shop, first)) == ["gone", "orders"]
    assert names(shop, then(shop, second)) == names(shop, shop.reading) == ["fresh", "orders"]
    assert names(shop, then(shop, first), tags=("a",)) == ["orders"]
    with shop.db.session() as session:
        old, new = (view_node(session, reading, ORDERS) for reading in (then(shop, first), shop.reading))
        assert (old.row.node.description, new.row.node.description) == ("Old.", "New.")
        assert ([row.node.name for row in new.parents], old.parents) == (["fresh"], [])
        # Nothing had run yet when the first was taken in.
        assert (old.row.result, new.row.result and new.row.result.status) == (None, "success")
        assert old.row.trust == "unknown"
        assert (new.first_seen and new.first_seen.id, new.last_changed and new.last_changed.id) == (
            first,
            second,
        )


def test_a_difference_lists_what_came_went_moved_and_changed(shop: Shop) -> None:
    old = shop.know(
        model("orders", columns={"id": {"data_type": "int"}, "note": {}}, raw_code="select 1"),
        model("before", raw_code="select 'the same'"),
        model("gone"),
        model("reader", reads=["model.shop.gone"]),
        check("not_null_orders_id", reads=[ORDERS], kind="not_null", attached=ORDERS, column_name="id"),
    )
    new = shop.know(
        model("orders", columns={"id": {"data_type": "int"}}, raw_code="select 2", description="Now."),
        model("after", raw_code="select 'the same'"),
        model("reader", reads=["model.shop.gone"]),
        model("fresh"),
    )
    found = compared(shop, old.snapshot_id, new.snapshot_id)
    assert found["summary"] == {"added": 1, "removed": 2, "renamed": 1, "changed": 1, "breaking": 2}
    assert (found["model.shop.after"].kind, found["model.shop.after"].renamed_from) == (
        "renamed",
        "model.shop.before",
    )
    assert found["model.shop.gone"].reasons == ["model.shop.reader still read it."]
    assert aspects(found[ORDERS]) == [
        ("sql", "code", False),
        ("column", "note", False),
        ("description", "description", False),
        ("test", "not_null on id", False),
    ]
    back = compared(shop, new.snapshot_id, old.snapshot_id)
    assert back["summary"]["added"] == 2
    assert compared(shop, old.snapshot_id, old.snapshot_id)["summary"]["changed"] == 0


def test_a_column_that_the_warehouse_no_longer_has_breaks_its_readers(shop: Shop) -> None:
    shop.know(model("orders"))
    old = shop.take("catalog.json", catalog_file(orders={"id": "INTEGER", "note": "TEXT", "sum": "INTEGER"}))
    new = shop.take("catalog.json", catalog_file(orders={"id": "INTEGER", "sum": "TEXT"}))
    item = compared(shop, old.snapshot_id, new.snapshot_id)[ORDERS]
    assert aspects(item) == [("column", "note", True), ("column_type", "sum", True)]
    assert item.reasons == ["Who reads note no longer finds it.", "sum was INTEGER and is TEXT."]


def test_columns_that_were_merely_not_known_are_no_news(shop: Shop) -> None:
    old = shop.know(model("orders", columns={"id": {}}))
    new = shop.take("catalog.json", catalog_file(orders={"id": "INTEGER", "note": "TEXT"}))
    assert compared(shop, old.snapshot_id, new.snapshot_id)["summary"]["changed"] == 0


def test_a_broken_promise_is_breaking(shop: Shop) -> None:
    old = shop.know(model("orders", contract={"enforced": True}, access="public"))
    new = shop.know(model("orders", contract={"enforced": False}, access="private"))
    item = compared(shop, old.snapshot_id, new.snapshot_id)[ORDERS]
    assert {change.what for change in item.changes if change.breaking} == {"enforced", "access"}


def test_the_turns_of_a_node_tell_its_life(shop: Shop) -> None:
    shop.know(model("orders"))
    shop.know(model("orders", description="Changed."))
    shop.know(model("other"))
    shop.know(model("orders", description="Back."), model("other"))
    with shop.db.session() as session:
        turns = turns_of(session, shop.workspace_id, shop.environment_id, ORDERS)
    assert [turn.kind for turn in turns] == ["added", "removed", "changed", "added"]


SELECTIONS = (
    "tag:core",
    "package:this",
    "path:models",
    "result:error",
    "config.materialized:table",
    "+orders",
    "orders+1",
    "@orders",
    "+orders,tag:core",
    "orders other",
    "fqn:*",
)


@pytest.mark.parametrize("kinds", [(), ("model",), ("test",)])
@pytest.mark.parametrize("q", [*SELECTIONS, "orders", '"orders"', "tag:core orders"])
def test_the_past_can_be_searched_as_the_present(shop: Shop, q: str, kinds: tuple[str, ...]) -> None:
    snapshot_id = shop.know(
        model("stg"),
        model("orders", reads=["model.shop.stg"], tags=["core"]),
        model("other", reads=[ORDERS]),
        check("unique_orders", reads=[ORDERS], kind="unique", attached=ORDERS),
    ).snapshot_id
    shop.ran(result(ORDERS, "error"))
    found = names(shop, then(shop, snapshot_id or 0), q=q, resource_types=kinds)
    assert found == names(shop, shop.reading, q=q, resource_types=kinds)


def test_words_of_the_past_find_columns_of_the_warehouse(shop: Shop) -> None:
    shop.know(model("orders"))
    snapshot_id = shop.take("catalog.json", catalog_file(orders={"amount": "INTEGER"})).snapshot_id
    assert names(shop, shop.reading, q="amount") == ["orders"]
    assert names(shop, then(shop, snapshot_id or 0), q="amount") == ["orders"]


def test_a_node_without_any_time_was_skipped_in_the_past_too(shop: Shop) -> None:
    shop.know(model("orders"))
    shop.ran(result(ORDERS, "skipped"))
    snapshot_id = shop.know(model("orders"), model("other")).snapshot_id
    with shop.db.session() as session:
        (row,) = repository.refs(session, then(shop, snapshot_id or 0), [ORDERS]).values()
    assert row.result is not None
    assert row.result.status == "skipped"


FAILING = check("unique_orders", reads=[ORDERS], kind="unique", attached=ORDERS)


@pytest.mark.parametrize(
    "left",
    [(), (check("unique_orders", reads=["model.shop.other"], kind="unique", attached="model.shop.other"),)],
    ids=["removed", "about another"],
)
def test_a_node_that_lost_its_failing_test_is_no_longer_broken(shop: Shop, left: tuple[Any, ...]) -> None:
    shop.know(model("orders"), model("other"), FAILING)
    shop.ran(result(ORDERS, "success"), result("test.shop.unique_orders", "fail", failures=3))
    assert trust_of(shop, ORDERS) == ("broken", 1)
    shop.know(model("orders"), model("other"), *left)
    assert trust_of(shop, ORDERS) == ("caution", 0)


def trust_of(shop: Shop, unique_id: str) -> tuple[str | None, int]:
    with shop.db.session() as session:
        row = service.require_node(session, shop.reading, unique_id)
    return row.trust, row.tests.total


def test_what_running_a_test_adds_to_it_is_no_change(shop: Shop) -> None:
    def said(macros: list[str], index: int) -> list[Any]:
        hook = node("operation", "on_run_start", index=index)
        return [
            model("orders"),
            {**FAILING, "depends_on": {"nodes": [ORDERS], "macros": macros}},
            {**hook, "unique_id": "operation.shop.on_run_start"},
        ]

    first = shop.know(*said(["macro.dbt.test_unique"], 0))
    again = shop.know(*said(["macro.dbt.test_unique", "macro.dbt.statement"], 1))
    assert (again.changed, again.snapshot_id) == (0, first.snapshot_id)


def test_a_source_was_as_fresh_as_it_was_then(shop: Shop) -> None:
    def asked(status: str) -> None:
        at = datetime.now(UTC).isoformat()
        answer = {"unique_id": "source.shop.raw.orders", "status": status, "snapshotted_at": at}
        shop.take("sources.json", invoked(sources_file(answer)))

    reader = model("orders", reads=["source.shop.raw.orders"])
    shop.know(source("orders"), reader)
    before = shop.know(source("orders"), reader, model("a")).snapshot_id
    asked("error")
    late = shop.know(source("orders"), reader, model("b")).snapshot_id
    asked("pass")

    def seen(reading: Reading) -> tuple[str | None, str | None]:
        with shop.db.session() as session:
            row = service.require_node(session, reading, "source.shop.raw.orders")
            view = view_node(session, reading, "source.shop.raw.orders")
        assert (view.freshness and view.freshness.status) == row.freshness
        return row.freshness, row.trust

    assert seen(then(shop, before or 0)) == (None, "unknown")
    assert seen(then(shop, late or 0)) == ("error", "broken")
    assert seen(shop.reading)[0] == "pass"


def test_what_a_fuller_ingest_gave_stays(shop: Shop) -> None:
    shop.know(compiled(model("orders"), "select 42"))
    shop.take("catalog.json", catalog_file(orders={"id": "INTEGER"}))
    shop.know(model("orders", description="Only parsed."))
    with shop.db.session() as session:
        view = view_node(session, shop.reading, ORDERS)
        assert (view.compiled_code, view.compiled_stale) == ("select 42", False)
        assert [column.data_type for column in view.columns] == ["INTEGER"]


def test_people_say_something_beside_the_project(shop: Shop) -> None:
    shop.know(model("orders", description="Of the project.", meta={"owner": "Finance"}))
    with shop.db.session() as session:
        overrides.set_override(session, ANN, shop.workspace_id, ORDERS, "owner", "Ann")
        overrides.set_override(session, ANN, shop.workspace_id, ORDERS, "description", "Zebra crossing.")
    # It outlives what the project says next, holds in filters, and is searched.
    shop.know(model("orders", description="Of the project, anew.", meta={"owner": "Finance"}))
    assert names(shop, shop.reading, owners=("Ann",)) == ["orders"]
    assert names(shop, shop.reading, q="zebra") == ["orders"]
    with shop.db.session() as session:
        view = view_node(session, shop.reading, ORDERS)
        assert view.row.node.description == "Zebra crossing."
        assert view.content.facts["description"] == "Of the project, anew."
        assert [(o.field, o.changed_by) for o in view.overrides] == [("description", "ann"), ("owner", "ann")]
        overrides.remove_override(session, ANN, shop.workspace_id, ORDERS, "owner")
    assert names(shop, shop.reading, owners=("Finance",)) == ["orders"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("owner", ""), ("owner", 3), ("tags", "a"), ("tags", [1]), ("meta", []), ("description", "x" * 20_001)],
)
def test_what_does_not_fit_a_field_is_refused(shop: Shop, field: str, value: Any) -> None:
    shop.know(model("orders"))
    with shop.db.session() as session, pytest.raises(Invalid):
        overrides.set_override(session, ANN, shop.workspace_id, ORDERS, field, value)


def test_an_override_waits_for_an_ingest_and_is_shown_after_it(shop: Shop) -> None:
    shop.know(model("orders"))
    with shop.db.session() as session, ThreadPoolExecutor(1) as pool:
        # An ingest holds this lock until its end.
        session.get_one(Workspace, shop.workspace_id, with_for_update={"key_share": True})
        saying = pool.submit(_say_owner, shop)
        with pytest.raises(TimeoutError):
            saying.result(0.5)
        session.commit()
        saying.result(10)
    assert names(shop, shop.reading, owners=("Ada",)) == ["orders"]


def _say_owner(shop: Shop) -> None:
    with shop.db.session() as session:
        overrides.set_override(session, ANN, shop.workspace_id, ORDERS, "owner", "Ada")


def test_what_the_oldest_snapshot_changed_is_still_a_change(shop: Shop) -> None:
    ids = [shop.know(model("orders", description=str(n))).snapshot_id for n in range(4)]
    with shop.db.session() as session:
        retention.forget(session, keep=2, days=365)
        turns = turns_of(session, shop.workspace_id, shop.environment_id, ORDERS)
    assert [(turn.snapshot_id, turn.kind) for turn in turns][:2] == [(ids[3], "changed"), (ids[2], "changed")]


def test_old_snapshots_are_forgotten_with_what_only_they_held(shop: Shop) -> None:
    ids = [shop.know(model("orders", raw_code=f"select {n}")).snapshot_id for n in range(5)]
    with shop.db.session() as session:
        assert retention.forget(session, keep=2, days=365) == 3
    assert ids[0] is not None
    assert ids[3] is not None
    with shop.db.session() as session, pytest.raises(NotFound):
        snapshot_of(session, shop.environment_id, ids[0])
    assert names(shop, then(shop, ids[3])) == ["orders"]
    with shop.db.session() as session:
        # Those of the two, and the one before: what the older of the two changed is known by it.
        assert session.scalar(sa.select(sa.func.count()).select_from(NodeContent)) == 3
        assert session.scalar(sa.select(sa.func.count()).select_from(CodeText)) == 3
        session.execute(sa.update(Snapshot).values(ingested_at=Snapshot.ingested_at - timedelta(days=400)))
        assert retention.forget(session, keep=2, days=365) == 1
    assert names(shop, shop.reading) == ["orders"]


def test_a_workspace_of_the_release_before_gets_its_catalog_from_the_store(shop: Shop) -> None:
    shop.know(compiled(model("orders"), "select 42"))
    shop.take("catalog.json", catalog_file(orders={"id": "INTEGER"}))
    with shop.db.session() as session:
        for table in ("catalog_states", "snapshots", "node_versions", "node_contents", "nodes", "lineage"):
            session.execute(sa.text(f"delete from workbench.{table}"))  # noqa: S608 - names above
        session.execute(sa.text("update workbench.ingests set environment_id = null"))
    store = ArtifactStore(shop.folder)
    assert restore(shop.db, store, shop.workspace()) == 2
    assert restore(shop.db, store, shop.workspace()) == 0
    with shop.db.session() as session:
        view = view_node(session, shop.reading, ORDERS)
        assert (view.compiled_code, view.columns[0].data_type) == ("select 42", "INTEGER")
        assert repository.get_row(session, shop.reading, "model.shop.none") is None
