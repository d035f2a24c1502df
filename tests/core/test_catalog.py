"""Reading the catalog."""

from collections.abc import Generator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from core.catalog import repository
from core.catalog.assets import asset_path
from core.catalog.facets import facets
from core.catalog.node_view import NodeView, view_node
from core.catalog.overview import overview
from core.catalog.repository import SORTS, NodeFilter, NodeRow
from core.catalog.service import list_nodes
from core.kit.errors import Invalid, NotFound
from tests.core.building import Shop, check, compiled, model, node, open_shop, result, source


def listed(shop: Shop, *, limit: int = 100, cursor: str | None = None, **wanted: Any) -> list[NodeRow]:
    with shop.db.session() as session:
        found = list_nodes(session, shop.reading, NodeFilter(**wanted), cursor=cursor, limit=limit)
        return list(found.page.items)


def names(shop: Shop, **wanted: Any) -> list[str]:
    return [row.node.name for row in listed(shop, **wanted)]


def viewed(shop: Shop, unique_id: str) -> NodeView:
    with shop.db.session() as session:
        return view_node(session, shop.reading, unique_id)


MODELS = ["odd_100%_done", "oddX100XXdone", "orders", "promised", "stg_orders", "totals"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"resource_types": ("model",)}, MODELS),
        ({"resource_types": ("seed", "source")}, ["countries", "raw.late", "raw.orders"]),
        ({"materializations": ("view",)}, ["stg_orders"]),
        ({"materializations": ("view", "ephemeral")}, ["stg_orders", "totals"]),
        ({"tags": ("nightly",)}, ["orders"]),
        ({"tags": ("nightly", "core")}, ["orders"]),
        ({"tags": ("nightly", "other")}, []),
        ({"schemas": ("nowhere",)}, []),
        ({"statuses": ("error",)}, ["orders"]),
        ({"statuses": ("skipped", "warn")}, ["promised", "unique_orders_id"]),
        (
            {"statuses": ("unknown",), "resource_types": ("model",)},
            ["odd_100%_done", "oddX100XXdone", "totals"],
        ),
        (
            {"statuses": ("unknown", "error"), "resource_types": ("model",)},
            ["odd_100%_done", "oddX100XXdone", "orders", "totals"],
        ),
        ({"resource_types": ("model",), "q": "orders"}, ["orders", "stg_orders"]),
        ({"resource_types": ("model",), "q": "ORDERS"}, ["orders", "stg_orders"]),
        ({"q": "One row per"}, ["orders"]),
        ({"q": "100%_"}, ["odd_100%_done"]),
        # What holds no word asks for nothing; and words are found from their beginning.
        ({"q": "%", "resource_types": ("model",)}, MODELS),
        ({"q": "\\", "resource_types": ("model",)}, MODELS),
        ({"q": "0%_d"}, []),
        ({"q": "d_1"}, []),
        ({"q": "odd_1"}, ["odd_100%_done"]),
        ({"q": "odd_100X", "resource_types": ("model",)}, []),
        ({"q": "back\\slash"}, ["odd_100%_done"]),
        ({"q": "'; drop table workbench.nodes --"}, []),
    ],
)
def test_filters_and_search(stocked: Shop, wanted: dict[str, Any], found: list[str]) -> None:
    assert names(stocked, **wanted) == found


def test_exact_and_prefix_matches_come_first(shop: Shop) -> None:
    shop.know(model("a_order"), model("order_lines"), model("order"), model("zz", description="an order"))
    assert names(shop, q="order") == ["order", "order_lines", "a_order", "zz"]
    # Whoever asks for another order gets it.
    assert names(shop, q="order", sort="-name") == ["zz", "order_lines", "order", "a_order"]


def plain(row: NodeRow, field: str) -> Any:
    values = {
        "name": row.node.name.lower(),
        "resource_type": row.node.resource_type,
        "schema_name": row.node.schema_name,
        "package_name": row.node.package_name,
        "owner": row.node.owner and row.node.owner.lower(),
        "materialization": row.node.materialization,
        "trust": row.trust and ["broken", "caution", "unknown", "healthy"].index(row.trust),
        "last_status": row.result and row.result.status,
        "last_run_at": row.result and row.result.at,
        "last_execution_time": row.result and row.result.execution_time,
    }
    return values[field]


@pytest.mark.parametrize("field", sorted(SORTS))
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_sort_puts_values_in_order_ties_by_id_and_unknown_last(
    stocked: Shop, field: str, sign: str
) -> None:
    rows = listed(stocked, sort=sign + field)
    values = [plain(row, field) for row in rows]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known))
    compare = [
        value.replace("_", "").replace("%", "").replace(".", "") if isinstance(value, str) else value
        for value in known
    ]
    assert all((a >= b if sign else a <= b) for a, b in pairwise(compare))
    ties: dict[Any, list[str]] = {}
    for row, value in zip(rows, values, strict=True):
        ties.setdefault(value, []).append(row.node.unique_id)
    assert all(ids == sorted(ids) for ids in ties.values())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 20),
    st.sampled_from(sorted(SORTS)),
    st.sampled_from(["", "-"]),
    st.sampled_from([None, "o", "orders", "zzz"]),
    st.sampled_from([(), ("unknown",), ("error", "unknown"), ("pass",)]),
)
def test_all_pages_together_are_the_list(
    stocked: Shop, limit: int, field: str, sign: str, text: str | None, statuses: tuple[str, ...]
) -> None:
    wanted = NodeFilter(sort=sign + field, q=text, statuses=statuses)
    seen: list[str] = []
    cursor: str | None = None
    with stocked.db.session() as session:
        whole = list_nodes(session, stocked.reading, wanted, cursor=None, limit=200).page
        while True:
            page = list_nodes(session, stocked.reading, wanted, cursor=cursor, limit=limit).page
            assert page.total == len(whole.items)
            seen += [row.node.unique_id for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == [row.node.unique_id for row in whole.items]


def test_an_unknown_sort_and_a_foreign_cursor_are_invalid(stocked: Shop) -> None:
    with pytest.raises(Invalid, match="Cannot sort by 'path'") as error:
        listed(stocked, sort="path")
    assert "last_run_at" in error.value.details[0].message
    with pytest.raises(Invalid, match="cursor"):
        listed(stocked, cursor="nonsense")


def test_tests_are_tallied_and_unknown_is_not_passed(stocked: Shop) -> None:
    tallies = {row.node.name: row.tests for row in listed(stocked, resource_types=("model",))}
    orders = tallies["orders"]
    # not_null passed, unique warned; the singular and the unit test never ran.
    assert (orders.total, orders.passed, orders.failed, orders.warned, orders.unknown) == (4, 1, 0, 1, 2)
    assert (tallies["stg_orders"].total, tallies["stg_orders"].unknown) == (1, 1)
    assert tallies["promised"].total == 0


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        ("pass", "passed"),
        ("success", "passed"),
        ("fail", "failed"),
        ("error", "failed"),
        ("runtime error", "failed"),
        ("warn", "warned"),
        ("skipped", "unknown"),
        ("no-op", "unknown"),
    ],
)
def test_each_status_of_a_test_counts_once(shop: Shop, status: str, counted: str) -> None:
    shop.know(model("a"), check("t", reads=["model.shop.a"], kind="unique", attached="model.shop.a"))
    shop.ran(result("test.shop.t", status))
    tally = vars(listed(shop, resource_types=("model",))[0].tests)
    assert tally == {"total": 1, "passed": 0, "failed": 0, "warned": 0, "unknown": 0, counted: 1}


# One node


def test_a_node_is_shown_with_everything_around_it(stocked: Shop) -> None:
    view = viewed(stocked, "model.shop.orders")
    assert [row.node.unique_id for row in view.parents] == ["model.shop.stg_orders", "seed.shop.countries"]
    children = {row.node.resource_type for row in view.children}
    assert (view.parents_total, view.children_total) == (len(view.parents), len(view.children))
    assert children == {"model", "test", "unit_test", "exposure"}
    assert [test.name for test, _ in view.tests if test.test_kind == "singular"] == ["totals_agree"]
    assert {test.test_kind for test, _ in view.tests} == {"not_null", "unique", "singular", "unit"}
    assert view.row.result is not None
    assert (view.row.result.status, view.row.node.owner) == ("error", "Finance")
    assert view.row.tests.total == len(view.tests)


def test_tests_stand_at_their_column_regardless_of_case(stocked: Shop) -> None:
    view = viewed(stocked, "model.shop.orders")
    kinds = {c.column.name: sorted(test.test_kind or "" for test, _ in c.tests) for c in view.columns}
    assert kinds == {
        "id": ["not_null", "unique"],
        "amount": [],
    }


def test_a_singular_test_is_about_each_node_it_reads(stocked: Shop) -> None:
    assert [test.name for test, _ in viewed(stocked, "model.shop.stg_orders").tests] == ["totals_agree"]


def test_a_test_attached_to_one_node_is_not_about_the_other_it_reads(shop: Shop) -> None:
    reads = ["model.shop.child", "model.shop.parent"]
    shop.know(
        model("child"),
        model("parent"),
        check("r", reads=reads, kind="relationships", attached="model.shop.child"),
    )
    assert len(viewed(shop, "model.shop.child").tests) == 1
    assert viewed(shop, "model.shop.parent").tests == []


def test_parents_that_the_project_lacks_are_named_not_dropped(stocked: Shop) -> None:
    view = viewed(stocked, "model.shop.odd_100%_done")
    assert (view.parents, view.missing_parents) == ([], ["model.shop.gone"])


@pytest.mark.parametrize(
    ("unique_id", "known", "note"),
    [
        ("model.shop.stg_orders", "complete", None),
        ("model.shop.promised", "complete", "contract"),
        ("model.shop.orders", "partial", "docs generate"),
        ("model.shop.totals", "unknown", "Ephemeral"),
        ("model.shop.oddX100XXdone", "unknown", "docs generate"),
        ("source.shop.raw.orders", "unknown", "docs generate"),
        ("test.shop.totals_agree", "none", None),
        ("exposure.shop.dashboard", "none", None),
    ],
)
def test_how_much_is_known_of_the_columns(
    stocked: Shop, unique_id: str, known: str, note: str | None
) -> None:
    view = viewed(stocked, unique_id)
    assert view.columns_known == known
    assert view.columns_note is None if note is None else note in (view.columns_note or "")


def test_each_column_says_where_it_is_known_from(stocked: Shop) -> None:
    def facts(unique_id: str) -> list[tuple[str, str, str | None]]:
        return [(c.column.name, c.known_from, c.data_type) for c in viewed(stocked, unique_id).columns]

    assert facts("model.shop.stg_orders") == [("ID", "catalog", "INTEGER"), ("AMOUNT", "catalog", "DOUBLE")]
    assert facts("model.shop.promised") == [("id", "contract", "int")]
    assert facts("model.shop.orders") == [("id", "yaml", None), ("amount", "yaml", None)]


def test_freshness_is_shown_where_it_is_known(stocked: Shop) -> None:
    fresh = viewed(stocked, "source.shop.raw.orders").freshness
    assert fresh is not None
    assert (fresh.status, fresh.age_seconds) == ("pass", 3600.0)
    assert viewed(stocked, "source.shop.raw.late").freshness is None


def test_compiled_sql_older_than_its_source_is_stale(shop: Shop) -> None:
    shop.know(compiled(model("a")), model("b"))
    assert not viewed(shop, "model.shop.a").compiled_stale
    assert not viewed(shop, "model.shop.b").compiled_stale
    shop.know(model("a", raw_code="select 2"), model("b"))
    assert viewed(shop, "model.shop.a").compiled_stale


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("model.shop.order", "model.shop.orders"),
        ("model.shop.Orders", "model.shop.orders"),
        ("stg_orders", "model.shop.stg_orders"),
    ],
)
def test_a_near_miss_is_hinted_at(stocked: Shop, asked: str, near: str) -> None:
    with pytest.raises(NotFound, match="There is no node") as error:
        viewed(stocked, asked)
    assert error.value.hint == f"Did you mean {near}?"


@pytest.mark.parametrize("asked", ["", ".", "model.shop.", "x" * 1000, "%", "\\", "model.shop.zzzz"])
def test_what_is_nowhere_near_is_just_not_found(stocked: Shop, asked: str) -> None:
    with pytest.raises(NotFound):
        viewed(stocked, asked)


@pytest.mark.parametrize(
    ("unique_id", "kind", "materialization", "path"),
    [
        ("model.shop.orders", "model", "table", "/assets/w/shop/orders"),
        ("model.shop.dim.v2", "model", "table", "/assets/w/shop/dim/v2"),
        ("seed.shop.a b/c", "seed", "seed", "/assets/w/shop/a_u20_b_u2f_c"),
        ("model.shop.totals", "model", "ephemeral", None),
        ("source.shop.raw.orders", "source", None, None),
        ("test.shop.t", "test", None, None),
    ],
)
def test_assets_have_a_page_in_dagster(
    unique_id: str, kind: str, materialization: str | None, path: str | None
) -> None:
    assert asset_path("w", unique_id, kind, materialization) == path


# The overview


def test_the_overview_adds_up(stocked: Shop) -> None:
    with stocked.db.session() as session:
        found = overview(session, stocked.reading)
    assert found.counts == {"model": 6, "seed": 1, "source": 2, "test": 3, "unit_test": 1, "exposure": 1}
    # The ephemeral model is built nowhere: it is neither good nor unknown.
    assert found.health == {"ok": 3, "warning": 1, "failed": 1, "skipped": 1, "unknown": 4}
    assert sum(found.health.values()) == 6 - 1 + 1 + 3 + 1
    assert [ref.name for ref, _ in found.failing] == ["orders", "unique_orders_id"]
    assert found.failing_total == 2
    assert [ref.name for ref, _ in found.slowest] == ["orders", "promised", "stg_orders", "countries"]
    assert [(name, row.status) for name, row in found.freshness] == [("raw.orders", "pass")]
    assert found.sources_without_freshness == 1
    coverage = found.coverage
    assert (coverage.models, coverage.documented, coverage.tested) == (6, 2, 2)
    assert (coverage.columns, coverage.columns_documented) == (5, 1)


def test_an_empty_workspace_has_an_overview_of_zeros(shop: Shop) -> None:
    with shop.db.session() as session:
        found = overview(session, shop.reading)
    assert (found.counts, found.failing, found.failing_total, found.slowest, found.freshness) == (
        {},
        [],
        0,
        [],
        [],
    )
    assert set(found.health.values()) == {0}


def test_many_failures_are_counted_but_not_all_shown(shop: Shop) -> None:
    shop.know(*(model(f"m{number:03}") for number in range(30)))
    late = [
        result(f"model.shop.m{number:03}", "partial success" if number % 2 else "error")
        for number in range(30)
    ]
    shop.ran(*late)
    with shop.db.session() as session:
        found = overview(session, shop.reading)
    assert (len(found.failing), found.failing_total) == (20, 30)
    assert [row.status for _, row in found.failing] == ["error"] * 15 + ["partial success"] * 5


# What a page costs


@contextmanager
def counted(session: Session) -> Generator[list[str]]:
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def cost(shop: Shop) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with shop.db.session() as session, counted(session) as statements:
        for name, read in {
            "list": lambda: list_nodes(session, shop.reading, NodeFilter(), cursor=None, limit=200),
            "search": lambda: list_nodes(session, shop.reading, NodeFilter(q="raw"), cursor=None, limit=200),
            "node": lambda: view_node(session, shop.reading, "model.shop.hub"),
            "overview": lambda: overview(session, shop.reading),
            "facets": lambda: facets(session, shop.reading),
            "counts": lambda: repository.counts_by_type(session, [shop.environment_id]),
        }.items():
            statements.clear()
            session.expire_all()
            read()
            found[name] = list(statements)
    return found


def grown(shop: Shop, size: int) -> Shop:
    hub = ["model.shop.hub"]
    models = [
        compiled(model(f"m{n}", reads=hub, columns={"id": {}}), "select 'long' " * 20) for n in range(size)
    ]
    tests = [
        check(f"t{n}", reads=hub, kind="unique", attached="model.shop.hub", column_name="id")
        for n in range(size)
    ]
    shop.know(model("hub", columns={"id": {}}), source("s"), node("seed", "seed"), *models, *tests)
    shop.ran(
        *(result(f"model.shop.m{n}", "error") for n in range(size)),
        *(result(f"test.shop.t{n}", "pass") for n in range(size)),
    )
    return shop


def test_a_page_costs_the_same_number_of_queries_whatever_the_size(shop: Shop) -> None:
    small = cost(grown(shop, 10))
    large = cost(grown(open_shop(shop.db, shop.folder, "large"), 500))
    assert {name: len(said) for name, said in large.items()} == {
        name: len(said) for name, said in small.items()
    }
    assert max(len(said) for said in large.values()) <= 10


def test_lists_do_not_fetch_the_code_of_every_node(shop: Shop) -> None:
    said = cost(grown(shop, 3))
    assert not [
        statement for name in ("list", "overview") for statement in said[name] if "code_texts" in statement
    ]
    assert len([statement for statement in said["node"] if "code_texts" in statement]) == 1


def test_workspaces_are_apart(shop: Shop) -> None:
    other = open_shop(shop.db, shop.folder, "other")
    shop.know(model("mine"))
    other.know(
        model("theirs"), check("t", reads=["model.shop.mine"], kind="unique", attached="model.shop.mine")
    )
    other.ran(result("model.shop.mine", "error"), result("test.shop.t", "fail"))
    (row,) = listed(shop)
    assert (row.node.name, row.result, row.tests.total) == ("mine", None, 0)
    with pytest.raises(NotFound) as error:
        viewed(shop, "model.shop.theirs")
    assert "theirs?" not in (error.value.hint or "")
    with shop.db.session() as session:
        assert overview(session, shop.reading).failing_total == 0
