"""How names, prose and typed text become words."""

import pytest

from core.catalog.search import tokens
from core.catalog.search.box import MAX_WORDS, understand
from core.catalog.search.documents import document
from core.catalog.search.highlight import WIDTH, excerpt, spans
from core.catalog.search.query import Rank
from core.kit.errors import Invalid

FACTS = {
    "resource_type": "model",
    "name": "fct_trips",
    "package_name": "shop",
    "schema_name": "marts",
    "database_name": "dev",
    "description": "It's one row\\per trip.",
    "tags": ["nightly_run"],
}


@pytest.mark.parametrize(
    ("token", "parts"),
    [
        ("fct_trips", ["fct", "trips"]),
        ("dailyRevenue", ["daily", "revenue"]),
        ("HTTPServer", ["http", "server"]),
        ("orders2024", ["orders", "2024"]),
        ("dim_stations_v2", ["dim", "stations", "v2"]),
        ("ORDER_ID", ["order", "id"]),
        ("__dbt__cte__x", ["dbt", "cte", "x"]),
        ("größeKlein", ["größe", "klein"]),
        ("h3index", ["h3index"]),
    ],
)
def test_identifiers_are_cut_at_underscores_case_and_digits(token: str, parts: list[str]) -> None:
    assert tokens.parts(token) == parts


def test_code_is_found_by_its_identifiers_not_by_its_numbers() -> None:
    found = tokens.of_code("select a.orderId, 12345 as x, 'Été' from {{ ref('stg_orders') }} -- note")
    assert {"select", "orderid", "order_id", "id", "été", "stg_orders", "orders", "note"} <= found
    assert not {"12345", "a", "x"} & found


def test_a_document_is_made_of_literals_that_postgres_reads() -> None:
    names, columns, texts, code = document("model.shop.fct_trips", FACTS, ["Trip ID", "o'x"], None, 12)
    assert all(vector.startswith("'~12' '~12/model'") for vector in (names, columns, texts, code))
    assert "'=fct_trips'" in names
    assert "'marts.fct_trips'" in names
    assert "'o''x'" in columns
    assert "'nightly_run'" in texts
    assert code == "'~12' '~12/model'"


def test_column_descriptions_are_prose_too() -> None:
    texts = document("model.shop.fct_trips", FACTS, ["id"], None, 12, ["Surrogate key."])[2]
    assert "'surrogate'" in texts


@pytest.mark.parametrize(
    ("typed", "words", "selector"),
    [
        ("fct_trips daily", ["fct_trips", "daily"], None),
        ("revenue tag:finance", ["revenue"], "tag:finance"),
        ("+fct_trips", [], "+fct_trips"),
        ("2+fct_trips+1 @x", [], "2+fct_trips+1 @x"),
        ("tag:a,path:models late", ["late"], "tag:a,path:models"),
        ("config.meta.owner:ada", [], "config.meta.owner:ada"),
        ("stg_*", [], "stg_*"),
        ("orders.sql", [], "orders.sql"),
        ("late --exclude fct_trips tag:x", ["late"], "--exclude fct_trips tag:x"),
        ('"left join" trips', ["left join", "trips"], None),
        ('"tag:finance"', ["tag:finance"], None),
        ("count(*) sum(a,b)", ["count(*", "sum(a,b"], None),
        ("id::int http://x note:this", ["id::int", "http://x", "note:this"], None),
        ("orders, customers", ["orders", "customers"], None),
        ("tag:finance,", [], "tag:finance"),
        ("+ @ , - ::", [], None),
        ('"', [], None),
        ("", [], None),
        ("a\0b \ud800", ["a\ufffdb"], None),
    ],
)
def test_words_and_selections_share_one_box(typed: str, words: list[str], selector: str | None) -> None:
    understood = understand(typed)
    assert [word.text for word in understood.words] == words
    assert understood.selector_text == selector
    assert understood.is_empty == (not words and selector is None)


def test_a_broken_selection_in_the_box_is_refused() -> None:
    with pytest.raises(Invalid, match="expected latest"):
        understand("orders version:newest")


def test_only_the_last_word_may_be_unfinished_and_there_are_never_too_many() -> None:
    words = understand("a b c").words
    assert [word.is_open for word in words] == [False, False, True]
    assert len(understand("x1 " * 5000).words) == MAX_WORDS


def test_places_are_where_words_and_parts_of_identifiers_begin() -> None:
    def places(text: str, typed: str) -> list[str]:
        return [text[start:end] for start, end in spans(text, understand(typed).words[0])]

    assert places("fct_trips on tripsy and roundtrips", "trips") == ["trips", "trips"]
    assert places("orderId of Order_ID", "order_id") == ["Order_ID"]
    assert places("orderId", "order_id") == ["order", "Id"]
    assert places("İstanbul trips", "trips") == ["trips"]
    assert places("nothing here", "trips") == []


def test_an_excerpt_is_short_and_its_places_are_counted_as_a_browser_does() -> None:
    text = "🚲 " * 100 + "the trips\nof a day " + "x " * 200
    shown = excerpt(text, spans(text, understand("trips").words[0]))
    (start, end), *_ = shown.ranges
    units = shown.text.encode("utf-16-le")
    assert units[2 * start : 2 * end].decode("utf-16-le") == "trips"
    assert len(shown.text) == WIDTH
    assert "\n" not in shown.text


def test_ranks_have_the_names_that_the_api_gives() -> None:
    assert [rank.label for rank in Rank] == ["exact", "prefix", "word", "column", "text", "code"]
