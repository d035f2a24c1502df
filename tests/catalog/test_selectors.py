"""Reading selections: what is wrong is said with place and remedy, and nothing typed breaks anything."""

import re

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.catalog.models import NodeOverride
from core.catalog.selectors.parse import MAX_CRITERIA, MAX_LENGTH, parse
from core.catalog.selectors.sql import matching
from core.kit.errors import Invalid
from tests.catalog.stocking import Catalog


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tag:x tga:y", "“tga:y” (from character 7) names no method of dbt: 'tga'"),
        ("a,b,@c+", "“@c+” (from character 5) has both `@` before and `+` behind"),
        ("source:a.b.c.d", "too many dots: expected source"),
        ("metric:a.b.c", "expected metric or package.metric"),
        ("resource_type:view", "a value that does not exist: expected model, seed"),
        ("version:newest", "expected latest, prerelease, old, none"),
        ("test_type:slow", "no type of tests"),
        ("path:/etc", "relative to the folder of the project"),
        ("path:", "names no path"),
        ("./", "names no path"),
        ("path:a**/b", "has `**` beside other characters"),
        ("state:modified", "cannot be answered from the catalog: it compares with an earlier manifest"),
        ("source_status:fresher", "filter the list by freshness"),
        ("selector:nightly", "selectors.yml"),
        ("a\nb", "has a line break"),
        ("x" * (MAX_LENGTH + 1), f"longer than {MAX_LENGTH}"),
        ("a " * (MAX_CRITERIA + 1), f"more than {MAX_CRITERIA} parts"),
    ],
)
def test_wrong_selections_are_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=re.escape(says)) as refused:
        parse(text)
    assert [detail.field for detail in refused.value.details] == ["q"]


LETTERS = st.one_of(
    st.text(max_size=40),
    st.text("@+,:.*?[]!/\\ 0129_-%'\"ab\0\ud800İß", max_size=40),
    st.lists(
        st.sampled_from(
            ["tag:", "path:", "config.", "fqn:", "@", "+", "2+", ",", " ", "**", "[", "]", "a", "/", "é"]
        ),
        max_size=12,
    ).map("".join),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=LETTERS)
@example(text="99999999999999999999+a+99999999999999999999")
@example(text="*?" * 1500)
@example(text="[!" * 1500)
@example(text="path:" + "**/*[a-z]*/" * 100)
@example(text="config." + "a." * 1000 + ":x")
@example(text="tag:" + "[a-]" * 500)
def test_no_text_breaks_anything(demo_catalog: Catalog, text: str) -> None:
    try:
        selector = parse(text)
    except Invalid:
        return
    with demo_catalog.session() as session:
        session.execute(sa.text("set local statement_timeout = '10s'"))
        session.scalars(matching(demo_catalog.reading, selector)).all()


def test_tags_are_those_of_the_project_not_what_people_say(demo_catalog: Catalog) -> None:
    reading, model = demo_catalog.reading, "model.city_bikes.fct_trips"

    def chosen(session: sa.orm.Session, text: str) -> bool:
        return model in set(session.scalars(matching(reading, parse(text))))

    with demo_catalog.session() as session:
        session.add(
            NodeOverride(
                workspace_id=reading.workspace_id,
                unique_id=model,
                field="tags",
                value=["mine"],
                changed_by="Ada",
            )
        )
        session.execute(
            sa.update(reading.nodes).where(reading.nodes.unique_id == model).values(tags=["mine"])
        )
        assert chosen(session, "tag:operations")
        assert chosen(session, "tag:oper*")
        assert not chosen(session, "tag:mine")
        session.rollback()


def test_results_are_selected_by_what_the_catalog_knows(demo_catalog: Catalog) -> None:
    with demo_catalog.session() as session:
        assert not session.scalars(matching(demo_catalog.reading, parse("result:error+"))).all()
