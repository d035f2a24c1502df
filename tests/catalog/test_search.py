"""Searching a real catalog: what is found, in which order, where the match is, at what price."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from api.search.results import SearchOut
from core.catalog.reading import Reading, snapshot_of
from core.catalog.search.query import Rank
from core.catalog.search.typeahead import Found, Hit, search
from core.kit.errors import Invalid
from tests.catalog.stocking import Catalog, open_catalog
from tests.catalog.truth import DbtSelector, Truth


def find(catalog: Catalog, typed: str, limit: int = 50) -> Found:
    with catalog.session() as session:
        found = search(session, catalog.reading, typed, limit=limit)
        session.expunge_all()
        return found


def ids(found: Found) -> list[str]:
    return [hit.node.unique_id for hit in found.hits]


def first(catalog: Catalog, typed: str) -> Hit:
    return find(catalog, typed).hits[0]


def marked(hit: Hit) -> list[str]:
    assert hit.match
    return [hit.match.text[start:end] for start, end in hit.match.ranges]


def test_the_exact_name_comes_first_then_names_that_begin_so_then_words_in_names(
    demo_catalog: Catalog,
) -> None:
    hits = find(demo_catalog, "stg_trips").hits
    assert (hits[0].node.unique_id, hits[0].rank) == ("model.city_bikes.stg_trips", Rank.EXACT)
    ranks = [hit.rank for hit in find(demo_catalog, "fct").hits]
    assert ranks == sorted(ranks)
    assert ranks[0] == Rank.PREFIX
    assert Rank.WORD in [hit.rank for hit in find(demo_catalog, "trips").hits]


def test_models_come_before_tests_of_the_same_rank(demo_catalog: Catalog) -> None:
    kinds = [hit.node.resource_type for hit in find(demo_catalog, "trips").hits if hit.rank is Rank.WORD]
    assert "test" in kinds
    assert kinds.index("test") > max(at for at, kind in enumerate(kinds) if kind == "model")


@pytest.mark.parametrize(
    "typed", ["fct_trips", "FCT_TRIPS", "fctTrips", "fct-trips", "fct trips", "fct_tri", "trips fct"]
)
def test_identifiers_are_found_however_they_are_written(demo_catalog: Catalog, typed: str) -> None:
    assert first(demo_catalog, typed).node.unique_id == "model.city_bikes.fct_trips"


@pytest.mark.parametrize("typed", ["model.city_bikes.fct_trips", "city_bikes.fct_trips"])
def test_a_pasted_id_finds_its_node(demo_catalog: Catalog, typed: str) -> None:
    assert first(demo_catalog, typed).node.unique_id == "model.city_bikes.fct_trips"


def test_a_source_is_found_by_the_name_of_its_table(demo_catalog: Catalog) -> None:
    hit = first(demo_catalog, "daily_observations")
    assert (hit.node.resource_type, hit.rank) == ("source", Rank.EXACT)


def test_a_column_is_found_and_named(demo_catalog: Catalog) -> None:
    hits = [hit for hit in find(demo_catalog, "started_at").hits if hit.rank is Rank.COLUMN]
    assert hits
    assert {hit.column for hit in hits} == {"started_at"}
    assert {hit.match.field for hit in hits if hit.match} == {"column"}
    assert marked(hits[0]) == ["started_at"]


def test_the_match_is_shown_where_it_is(demo_catalog: Catalog) -> None:
    fields = {
        typed: first(demo_catalog, typed).match for typed in ("fct_trips", "minutes_between", "wallboard")
    }
    assert {typed: match.field if match else None for typed, match in fields.items()} == {
        "fct_trips": "name",
        "minutes_between": "name",
        "wallboard": "name",
    }
    assert "tag" in {hit.match.field for hit in find(demo_catalog, "intermediate").hits if hit.match}
    code = next(hit for hit in find(demo_catalog, "minutes_between").hits if hit.rank is Rank.CODE)
    assert code.match
    assert code.match.field == "code"
    assert marked(code)[0].lower() == "minutes_between"
    assert len(code.match.text) <= 160


def test_all_words_must_match_anywhere(demo_catalog: Catalog) -> None:
    both = set(ids(find(demo_catalog, "trips station")))
    assert both
    assert both <= set(ids(find(demo_catalog, "trips "))) | set(ids(find(demo_catalog, "trips", 200)))
    assert not find(demo_catalog, "trips zzzz").hits


def test_a_phrase_stands_side_by_side(demo_catalog: Catalog) -> None:
    apart, phrase = find(demo_catalog, "group by", 200), find(demo_catalog, '"group by"', 200)
    assert phrase.hits
    assert len(phrase.hits) <= len(apart.hits)
    assert not find(demo_catalog, '"by group"').hits


def test_a_single_letter_asks_names_only(demo_catalog: Catalog) -> None:
    assert {hit.rank for hit in find(demo_catalog, "f").hits} <= {Rank.EXACT, Rank.PREFIX, Rank.WORD}


def test_a_selection_narrows_the_words(demo_catalog: Catalog, demo_selector: DbtSelector) -> None:
    chosen = demo_selector.select("+fct_trips")
    found, everything = (
        ids(find(demo_catalog, "trips +fct_trips", 200)),
        ids(find(demo_catalog, "trips", 200)),
    )
    tests = ("test.", "unit_test.")
    assert [key for key in everything if key in chosen and not key.startswith(tests)] == [
        key for key in found if not key.startswith(tests)
    ]
    only = find(demo_catalog, "+fct_trips", 200)
    assert {key for key in chosen if not key.startswith(tests)} == {
        key for key in ids(only) if not key.startswith(tests)
    }
    assert only.hits[0].rank is None
    with pytest.raises(Invalid):
        find(demo_catalog, "trips version:newest")


def test_nothing_typed_finds_nothing(demo_catalog: Catalog) -> None:
    assert find(demo_catalog, " \0 ").hits == ()
    assert find(demo_catalog, "").total == 0


def test_totals_and_limits(demo_catalog: Catalog) -> None:
    few, many = find(demo_catalog, "trips", 2), find(demo_catalog, "trips", 200)
    assert few.total == many.total == len(many.hits)
    assert ids(few) == ids(many)[:2]


def test_environments_do_not_see_each_other(
    demo_catalog: Catalog, demo_truth: Truth, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = open_catalog(demo_catalog.db, "other")
    assert not find(other, "trips").hits
    assert not find(other, "tag:finance").hits


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.text(max_size=60) | st.text("&|!:*<>()'\"\\%_~=/-. aé\0\ud800", max_size=60))
@example(typed="x" * 10_000)
@example(typed="a_" * 5_000)
@example(typed="'; drop table workbench.nodes; --")
@example(typed='"' * 99)
@example(typed="~1 & !a | 'b':*")
def test_whatever_is_typed_does_no_harm(demo_catalog: Catalog, typed: str) -> None:
    with suppress(Invalid):
        find(demo_catalog, typed, 5)


@contextmanager
def counted(catalog: Catalog) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(catalog.db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(catalog.db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "typed", ["s", "select", "trips station daily", '"group by"', "tag:finance trips", "+fct_trips"]
)
def test_a_search_costs_two_queries_at_most(demo_catalog: Catalog, typed: str) -> None:
    with counted(demo_catalog) as statements:
        find(demo_catalog, typed)
    assert len(statements) <= 2


def past_of(session: Session, now: Reading) -> Reading:
    latest = session.scalar(sa.text("select max(id) from workbench.snapshots")) or 0
    snapshot = snapshot_of(session, now.environment_id, latest)
    return Reading(now.workspace_id, now.environment_id, now.environment, snapshot)


@pytest.mark.parametrize(
    "typed", ["fct_trips", "started_at", "intermediate", "trips tag:operations", "fct_", "100%"]
)
def test_the_past_is_searched_by_names_columns_and_texts(demo_catalog: Catalog, typed: str) -> None:
    with demo_catalog.session() as session:
        then = search(session, past_of(session, demo_catalog.reading), typed, limit=200)
        found = [key for key in ids(then) if key.startswith("model.")]
    now = [
        hit.node.unique_id
        for hit in find(demo_catalog, typed, 200).hits
        if hit.rank is not Rank.CODE and hit.node.resource_type == "model"
    ]
    assert set(now) <= set(found)
    assert now[:1] == found[:1]


def test_the_answer_is_json_that_says_how_the_box_was_understood(demo_catalog: Catalog) -> None:
    answer = SearchOut.of(find(demo_catalog, "fct_trips tag:operations", 5)).model_dump(mode="json")
    assert answer["query"] == {"words": ["fct_trips"], "selector": "tag:operations"}
    assert answer["items"][0]["node"]["unique_id"] == "model.city_bikes.fct_trips"
    assert answer["items"][0]["rank"] == "exact"
    assert answer["items"][0]["match"] == {
        "field": "name",
        "text": "fct_trips",
        "ranges": [[0, 9]],
        "column": None,
    }
