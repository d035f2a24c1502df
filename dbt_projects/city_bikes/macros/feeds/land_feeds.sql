{#
    Stands in for the company's source systems.

    Every row is a function of the clock and of its own number, so what has "arrived" depends only on
    the time of the run: the first run lands the whole history, a later one only what is new since then.
    Two runs at once wait for each other.
#}
{% macro land_feeds() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'retry', 'seed', 'snapshot', 'freshness'] -%}
begin;
{{ wait_for_other_loads() }}
create schema if not exists {{ raw_schema() }};
{{ land_bikes() }}
{{ land_members() }}
{{ land_trips() }}
{{ land_maintenance_events() }}
{{ land_charges() }}
{{ land_refunds() }}
{{ land_tickets() }}
{{ land_daily_observations() }}
commit;
    {%- endif -%}
{% endmacro %}


{% macro wait_for_other_loads() -%}
    {{ return(adapter.dispatch('wait_for_other_loads', 'city_bikes')()) }}
{%- endmacro %}

{% macro default__wait_for_other_loads() -%}
select pg_advisory_xact_lock(20240101);
{%- endmacro %}

{# One process at a time can have a DuckDB file open for writing. #}
{% macro duckdb__wait_for_other_loads() -%}
{%- endmacro %}
