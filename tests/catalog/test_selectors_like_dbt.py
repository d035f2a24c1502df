"""A selection means the same here as in dbt, by dbt's own word on the demo project."""

import json

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.catalog.reading import Reading, snapshot_of
from core.catalog.selectors.parse import parse
from core.catalog.selectors.sql import conditions, matching
from tests.catalog.stocking import Catalog
from tests.catalog.truth import DbtSelector, Truth

SELECTIONS = [
    "fct_trips",
    "city_bikes",
    "city_bikes.*",
    "city_bikes.staging",
    "staging",
    "staging.bike_ops",
    "staging.bike_ops.stg_trips",
    "marts.*.fct_trips",
    "*trips*",
    "stg_*",
    "stg_?rips",
    "[fd]*t_*",
    "fct_trip[!a]",
    "fct_trips]",
    "*",
    "",
    "+",
    "nothing_of_the_kind",
    "dim_stations",
    "dim_stations.v1",
    "dim_stations_v2",
    "dim_stations.v*",
    "dim_stat*",
    "core.dim_stations.v2",
    "whatever.dim_stations.v2",
    "v2",
    "+fct_trips",
    "fct_trips+",
    "+fct_trips+",
    "1+fct_trips",
    "2+fct_trips+1",
    "0+fct_trips",
    "99+fct_trips+99",
    "@stg_trips",
    "@fct_daily_revenue",
    "@+stg_trips",
    "tag:finance",
    "tag:daily",
    "tag:f*",
    "tag:[!f]*",
    "tag:",
    "tag.anything:finance",
    "+tag:finance",
    "tag:staging+",
    "tag:finance,tag:daily",
    "tag:finance,+fct_trips",
    "tag:finance tag:growth",
    "+tag:finance,path:models/staging tag:growth",
    "tag:finance,,tag:daily",
    "source:*",
    "source:bike_ops*",
    "source:weather_service",
    "source:weather_service.daily_observations",
    "source:city_bikes.weather_service.*",
    "source:weather_service+",
    "source:*.daily*",
    "path:models",
    "path:models/",
    "path:models/staging",
    "path:./models//staging/",
    "path:models/marts/*",
    "path:models/marts/*/",
    "path:models/**/fct_*.sql",
    "path:models/marts/**",
    "path:**/_finance.yml",
    "path:models/marts/finance/_finance.yml",
    "path:models/*/bike_ops/_bike_ops.yml",
    "path:**",
    "path:**/*.csv",
    "path:tests",
    "path:seeds/dist*.csv",
    "path:models/marts/[cf]*",
    "path:models/../models/staging",
    "models/staging",
    "models/marts/core/dim_bikes.sql",
    "seeds/",
    "file:fct_trips.sql",
    "file:fct_trips",
    "file:fct_*",
    "file:_finance.yml",
    "file:*.y?l",
    "file:[fd]*.sql",
    "fct_trips.sql",
    "STATIONS.CSV",
    "stations.csv",
    "package:city_bikes",
    "package:this",
    "package:city*",
    "package:dbt",
    "config.materialized:table",
    "config.materialized:view",
    "config.materialized:incremental",
    "config.materialized:test",
    "config.materialized:seed",
    "config.materialized:*",
    "config.enabled:true",
    "config.enabled:True",
    "config.enabled:false",
    "config.schema:staging",
    "config.tags:finance",
    "config.severity:WARN",
    "config.severity:warn",
    "config.severity:error",
    "config.contract.enforced:true",
    "config.contract.enforced:false",
    "config.unique_key:trip_id",
    "config.meta.owner:*",
    "config.on_schema_change:append_new_columns",
    "config.incremental_strategy:merge",
    "config:x",
    "config.:x",
    "config.tags.0:finance",
    "config.meta.items:x",
    "config.group:finance",
    "resource_type:model",
    "resource_type:source",
    "resource_type:test",
    "resource_type:unit_test",
    "resource_type:exposure",
    "resource_type:metric",
    "resource_type:semantic_model",
    "resource_type:saved_query",
    "resource_type:analysis",
    "resource_type:operation",
    "resource_type:macro",
    "test_type:generic",
    "test_type:schema",
    "test_type:singular",
    "test_type:unit",
    "test_type:data",
    "test_type:un",
    "test_type:sing",
    "test_type:a",
    "test_name:not_null",
    "test_name:not_*",
    "test_name:within_range",
    "test_name:*",
    "+test_name:relationships",
    "test_name:unique,fct_trips",
    "exposure:*",
    "+exposure:*",
    "+exposure:operations_wallboard",
    "exposure:city_bikes.*",
    "metric:*",
    "+metric:*",
    "semantic_model:*",
    "+semantic_model:*+",
    "saved_query:*",
    "unit_test:*",
    "+unit_test:*",
    "group:finance",
    "group:f*",
    "group:finance+",
    "access:public",
    "access:protected",
    "access:private",
    "version:latest",
    "version:old",
    "version:prerelease",
    "version:none",
    "trips_end_after_they_start",
    "+trips_end_after_they_start",
    "@trips_end_after_they_start",
    "bikes_history",
    "snapshots",
    "stations+",
]

EXCLUSIONS = [
    ("tag:finance", "test_type:generic"),
    ("+fct_trips", "resource_type:test source:*"),
    (None, "tag:daily"),
    ("staging+", "@fct_trips"),
    ("tag:finance", "tag:finance"),
    ("path:models/marts", "path:models/marts/core,resource_type:model"),
    ("*", "fct_trips"),
]


def ours(catalog: Catalog, text: str | None, exclude: str | None = None) -> set[str]:
    with catalog.session() as session:
        selector = parse("" if text is None else text, exclude)
        return set(session.scalars(matching(catalog.reading, selector)))


def compare(catalog: Catalog, dbt: DbtSelector, text: str | None, exclude: str | None = None) -> None:
    said = dbt.select(text, exclude)
    found = ours(catalog, "--exclude " if text is None else text, exclude)
    assert found == said, {"missing": said - found, "too many": found - said}


@pytest.mark.parametrize("text", SELECTIONS)
def test_selects_what_dbt_selects(demo_catalog: Catalog, demo_selector: DbtSelector, text: str) -> None:
    compare(demo_catalog, demo_selector, text)


@pytest.mark.parametrize(("text", "exclude"), EXCLUSIONS)
def test_excludes_what_dbt_excludes(
    demo_catalog: Catalog, demo_selector: DbtSelector, text: str | None, exclude: str
) -> None:
    compare(demo_catalog, demo_selector, text, exclude)


@pytest.mark.parametrize("text", SELECTIONS)
def test_without_tests_nothing_else_changes(
    demo_catalog: Catalog, demo_selector: DbtSelector, text: str
) -> None:
    others = {key for key in demo_selector.select(text) if not key.startswith(("test.", "unit_test."))}
    reading = demo_catalog.reading
    here = reading.nodes.environment_id == reading.environment_id
    query = sa.select(reading.nodes.unique_id).where(here, *conditions(reading, parse(text), tests=False))
    with demo_catalog.session() as session:
        found = {key for key in session.scalars(query) if not key.startswith(("test.", "unit_test."))}
    assert found == others


VALUES = [
    *(
        "fct_trips",
        "dim_stations",
        "stg_*",
        "*_daily",
        "staging.bike_ops",
        "stations",
        "tag:finance",
        "tag:daily",
    ),
    *(
        "tag:st*",
        "path:models/marts",
        "path:models/*/bike_ops/*",
        "models/staging/",
        "source:bike_ops",
        "source:*",
    ),
    *(
        "resource_type:test",
        "resource_type:seed",
        "test_type:singular",
        "test_name:unique",
        "exposure:*",
        "metric:*",
    ),
    *("group:growth", "access:public", "config.materialized:table", "config.severity:warn", "version:latest"),
    *(
        "package:this",
        "file:dim_*",
        "unit_test:*",
        "semantic_model:*",
        "fct_daily_revenue",
        "int_trips_enriched",
    ),
]
CRITERIA = st.builds(
    lambda before, value, after: f"{before}{value}{'' if before.startswith('@') else after}",
    st.sampled_from(["", "", "", "+", "1+", "2+", "@"]),
    st.sampled_from(VALUES),
    st.sampled_from(["", "", "", "+", "+1", "+2"]),
)
UNIONS = st.lists(st.lists(CRITERIA, min_size=1, max_size=3).map(",".join), min_size=1, max_size=3).map(
    " ".join
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(text=UNIONS, exclude=st.none() | UNIONS)
def test_any_combination_selects_what_dbt_selects(
    demo_catalog: Catalog, demo_selector: DbtSelector, text: str, exclude: str | None
) -> None:
    compare(demo_catalog, demo_selector, text, exclude)


@pytest.mark.parametrize(
    "text",
    ["+fct_trips", "@stg_trips", "tag:finance,config.materialized:table stations+1", "path:models/marts/*"],
)
def test_the_command_itself_lists_the_same(demo_catalog: Catalog, demo_truth: Truth, text: str) -> None:
    lines = demo_truth.dbt("ls", "--select", *text.split(), "--output", "json", "--output-keys", "unique_id")
    said = {json.loads(line)["unique_id"] for line in lines.splitlines() if line.startswith("{")}
    assert said
    # `dbt ls` leaves these out unless asked for.
    assert {
        key for key in ours(demo_catalog, text) if not key.startswith(("analysis.", "operation."))
    } == said


@pytest.mark.parametrize(
    "text", ["+fct_trips+1", "@stg_trips", "tag:f*", "path:models/marts/*", "source:*+,tag:daily"]
)
def test_the_past_is_selected_from_alike(
    demo_catalog: Catalog, demo_selector: DbtSelector, text: str
) -> None:
    now = demo_catalog.reading
    with demo_catalog.session() as session:
        latest = session.scalar(sa.text("select max(id) from workbench.snapshots"))
        snapshot = snapshot_of(session, now.environment_id, latest or 0)
        past = Reading(now.workspace_id, now.environment_id, now.environment, snapshot)
        found = set(session.scalars(matching(past, parse(text))))
    assert found == demo_selector.select(text)
