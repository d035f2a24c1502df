"""A project with what the demo has none of: a package, groups, odd names, nested configuration."""

from pathlib import Path

FILES = {
    "dbt_project.yml": """
name: shop
version: "1.0.0"
config-version: 2
profile: shop
model-paths: [models]
models:
  shop:
    +meta: {team: core, level: 3, watched: true}
    staging:
      +materialized: view
      +tags: [nightly, staging]
      +group: loaders
    marts:
      +materialized: table
      +tags: nightly
      +meta: {team: sales, channels: [mail, web], sizes: [1, 2], nested: {owner: {name: Ada}}}
      +persist_docs: {relation: true, columns: false}
data_tests:
  +tags: [checked]
""",
    "profiles.yml": """
shop:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: ":memory:"}
""",
    "models/groups.yml": """
groups:
  - name: loaders
    owner: {name: Ada, email: ada@example.org}
  - name: readers
    owner: {name: Bo, email: bo@example.org}
""",
    "models/sources.yml": """
sources:
  - name: raw
    tags: [landed]
    tables:
      - {name: orders, columns: [{name: id, data_tests: [not_null]}]}
      - {name: order_lines, tags: [landed, big]}
  - name: raw_more
    tables: [{name: orders}]
""",
    "models/staging/schema.yml": """
models:
  - name: stg_orders
    columns:
      - name: id
        data_tests:
          - unique: {config: {severity: warn, tags: [key]}}
          - not_null
          - relationships: {arguments: {to: ref('other_model'), field: id}, name: "named.with_dots"}
  - name: hidden
    access: private
  - name: stg_lines
    description: Lines.
unit_tests:
  - name: counts_orders
    model: stg_orders
    config: {tags: [quick]}
    given: [{input: "source('raw', 'orders')", rows: []}]
    expect: {rows: []}
""",
    "models/staging/stg_orders.sql": "select 1 as id from {{ source('raw', 'orders') }}",
    "models/staging/hidden.sql": "select id from {{ ref('stg_orders') }}",
    "models/staging/stg_lines.sql": "select 1 as id from {{ source('raw', 'order_lines') }}",
    "models/staging/deep/er/stg_more.sql": "select 1 as id from {{ source('raw_more', 'orders') }}",
    "models/staging/with.dots.sql": "select 1 as id",
    "models/marts/versions.yml": """
models:
  - name: sales
    latest_version: 2
    access: public
    config: {group: readers}
    versions:
      - v: 1
      - v: 2
      - v: 3
      - v: 10
    columns: [{name: id, data_tests: [not_null]}]
  - name: lettered
    latest_version: b
    versions: [{v: a}, {v: b}, {v: c}]
  - name: unused
    config: {enabled: false}
""",
    "models/marts/sales_v1.sql": "select id from {{ ref('stg_orders') }}",
    "models/marts/sales_v2.sql": "select o.id from {{ ref('stg_orders') }} o, {{ ref('stg_lines') }} l",
    "models/marts/sales_v3.sql": "select id from {{ ref('sales', v=2) }}",
    "models/marts/sales_v10.sql": "select id from {{ ref('sales', v=3) }}",
    "models/marts/lettered_a.sql": "select 1 as id",
    "models/marts/lettered_b.sql": "select 1 as id",
    "models/marts/lettered_c.sql": "select 1 as id",
    "models/marts/unused.sql": "select 1 as id",
    "models/marts/top.sql": (
        "select id from {{ ref('sales', v=10) }} union all select id from {{ ref('other_model') }}"
    ),
    "models/marts/[odd]_name.sql": "select 1 as id",
    "models/marts/exposures.yml": """
exposures:
  - name: board
    type: dashboard
    owner: {name: Ada}
    config: {tags: [shown]}
    depends_on: ["ref('top')", "source('raw', 'orders')"]
""",
    "models/marts/metrics.yml": """
semantic_models:
  - name: tops
    model: ref('top')
    defaults: {agg_time_dimension: sold_on}
    entities: [{name: id, type: primary}]
    dimensions: [{name: sold_on, type: time, expr: sold_on, type_params: {time_granularity: day}}]
    measures: [{name: tops, agg: count, expr: id}]
metrics:
  - name: tops
    label: Tops
    type: simple
    type_params: {measure: tops}
    config: {tags: [shown], group: readers}
  - name: double_tops
    label: Twice
    type: derived
    type_params: {expr: tops * 2, metrics: [{name: tops}]}
saved_queries:
  - name: tops_by_day
    query_params: {metrics: [tops], group_by: ["TimeDimension('id__sold_on')"]}
    config: {tags: [shown]}
models:
  - name: time_spine
    time_spine: {standard_granularity_column: day}
    columns: [{name: day, granularity: day}]
""",
    "models/time_spine.sql": "select current_date as day",
    "analyses/look.sql": "select * from {{ ref('top') }}",
    "tests/tops_exist.sql": "select 1 from {{ ref('top') }} where 1 = 0",
    "tests/two.dots.sql": "select 1 from {{ ref('top') }} t, {{ ref('stg_lines') }} s where 1 = 0",
    "macros/singular.sql": "{% test singular(model, column_name) %}select 1 where 1 = 0{% endtest %}",
    "models/marts/top.yml": """
models:
  - name: top
    columns: [{name: id, data_tests: [singular]}]
""",
    "seeds/countries.csv": "id,name\\n1,Land\\n",
    "dbt_packages/helpers/dbt_project.yml": """
name: helpers
version: "1.0.0"
config-version: 2
models: {helpers: {+tags: helper}}
""",
    "dbt_packages/helpers/models/staging/other_model.sql": "select 1 as id",
    "dbt_packages/helpers/models/only_there/stg_orders_too.sql": "select id from {{ ref('other_model') }}",
    "dbt_packages/helpers/models/staging/schema.yml": """
models:
  - name: other_model
    columns: [{name: id, data_tests: [unique]}]
""",
}


def write_project(folder: Path) -> Path:
    """The project on disk; its package lies where `dbt deps` would have put it."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n").replace("\\n", "\n"), encoding="utf-8")
    return folder
