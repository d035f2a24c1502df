"""The same with what the demo has none of: packages, versions that are letters, nested configuration."""

from collections.abc import Iterator

import pytest

from tests.catalog.selection_project import write_project
from tests.catalog.stocking import Catalog, shared_catalog
from tests.catalog.test_selectors_like_dbt import compare
from tests.catalog.truth import DbtSelector, parsed

SELECTIONS = [
    *(
        "top",
        "+top",
        "top+",
        "@top",
        "2+top+1",
        "sales",
        "sales.v1",
        "sales_v10",
        "sales.v*",
        "sales*",
        "shop.sales",
    ),
    *(
        "helpers",
        "helpers.staging",
        "helpers.*",
        "staging",
        "staging.*",
        "other_model",
        "*.other_model",
        "shop.staging",
    ),
    *(
        "with.dots",
        "with",
        "staging.with",
        "staging.with.dots",
        "with*",
        "dots",
        "*dots*",
        "with.d*",
        "two.dots",
        "two",
    ),
    *(
        "[odd]_name",
        "[[]odd]_name",
        "*[]]_name",
        "marts.*",
        "marts.[s]ales*",
        "marts[.]top",
        "m[!x]rts.top",
        "deep.er",
    ),
    *(
        "board",
        "+board",
        "tops",
        "+tops",
        "double_tops",
        "+double_tops",
        "1+double_tops",
        "tops_by_day",
        "+tops_by_day",
    ),
    *(
        "version:latest",
        "version:old",
        "version:prerelease",
        "version:none",
        "version:latest,sales",
        "lettered",
    ),
    *(
        "tag:nightly",
        "tag:landed",
        "tag:big",
        "tag:checked",
        "tag:key",
        "tag:quick",
        "tag:shown",
        "tag:helper",
        "tag:*",
    ),
    *(
        "group:loaders",
        "group:readers",
        "group:*",
        "access:public",
        "access:private",
        "access:*",
        "@tag:landed",
    ),
    *(
        "source:raw",
        "source:raw*",
        "source:raw.*",
        "source:*.orders",
        "source:shop.raw_more.*",
        "source:helpers.*.*",
    ),
    *(
        "source:raw.order*+",
        "source:raw_more+1",
        "exposure:board",
        "exposure:shop.*",
        "+exposure:*",
        "metric:*tops",
    ),
    *(
        "semantic_model:tops+",
        "saved_query:shop.tops*",
        "unit_test:*",
        "unit_test:counts*",
        "+unit_test:shop.c*",
    ),
    *(
        "package:this",
        "package:helpers",
        "package:h*",
        "package:*",
        "package:helpers+",
        "this",
        "+package:helpers",
    ),
    *(
        "path:models/staging",
        "path:models",
        "path:models/only_there",
        "path:models/staging/*",
        "path:**/staging",
    ),
    *("path:**/*.yml", "path:models/**/schema.yml", "path:models/staging/schema.yml", "path:models/*/*.sql"),
    *(
        "path:models/staging/other_model.sql",
        "path:dbt_packages",
        "path:models/*",
        "path:models/**/",
        "path:**/e*",
    ),
    *(
        "path:analyses",
        "path:tests",
        "path:models/marts/[[]odd]*",
        "path:*/marts",
        "path:seeds/",
        "path:models/o*",
    ),
    *(
        "file:schema.yml",
        "file:sales_v?",
        "file:with.dots",
        "file:with.dots.sql",
        "file:with",
        "file:[[]odd]_name",
    ),
    *("config.meta.team:core", "config.meta.team:sales", "config.meta.channels:web", "config.meta.sizes:1"),
    *(
        "config.meta.sizes:true",
        "config.meta.level:3",
        "config.meta.watched:true",
        "config.meta.watched:FALSE",
    ),
    *("config.meta.nested.owner.name:Ada", "config.meta.nested.owner:Ada", "config.meta.channels.0:mail"),
    *("config.persist_docs.relation:true", "config.persist_docs.columns:false", "config.tags:nightly"),
    *("config.group:readers", "config.severity:warn", "config.severity:ERROR", "config.materialized:view"),
    *("config.enabled:true", "config.contract.enforced:false", "config.access:public", "config.meta:core"),
    *(
        "test_name:singular",
        "test_type:singular",
        "test_type:generic",
        "test_name:*",
        "named.with_dots",
        "tops_exist",
    ),
    *(
        "+test_type:singular",
        "@test_type:unit",
        "resource_type:analysis",
        "resource_type:unit_test+",
        "look",
        "+look",
    ),
    *(
        "tag:nightly,access:public",
        "+top,path:models/staging",
        "package:helpers,+top",
        "tag:shown resource_type:seed",
    ),
    *(
        "unused",
        "resource_type:function",
        "resource_type:semantic_model",
        "config.persist_docs:x",
        "time_spine+",
    ),
]
EXCLUDED = [
    ("+top", "package:helpers"),
    ("tag:nightly", "version:old sales.v2+"),
    (None, "path:models/marts"),
]


Other = tuple[Catalog, DbtSelector]


@pytest.fixture(scope="module")
def other(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    project = write_project(tmp_path_factory.mktemp("other") / "project")
    truth = parsed(project, tmp_path_factory.mktemp("out"))
    with shared_catalog(postgres_url, template, tmp_path_factory.mktemp("store"), truth.manifest) as catalog:
        yield catalog, truth.selector()


@pytest.mark.parametrize("text", SELECTIONS)
def test_selects_what_dbt_selects(other: Other, text: str) -> None:
    compare(*other, text)


@pytest.mark.parametrize(("text", "exclude"), EXCLUDED)
def test_excludes_what_dbt_excludes(other: Other, text: str | None, exclude: str) -> None:
    compare(*other, text, exclude)
