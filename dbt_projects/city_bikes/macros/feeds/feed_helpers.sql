{% macro raw_schema() -%}
    {{ adapter.quote(target.schema ~ '_raw') }}
{%- endmacro %}

{% macro raw_table(name) -%}
    {{ raw_schema() }}.{{ adapter.quote(name) }}
{%- endmacro %}

{# The time of this run, UTC, the same in every statement. #}
{% macro feed_now() -%}
    timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}'
{%- endmacro %}

{% macro feed_now_epoch() -%}
    {{ return((run_started_at.timestamp()) | int) }}
{%- endmacro %}

{# Seconds since 1970 of the day the company opened, 2024-01-01, and of the first trip it still keeps. #}
{% macro opening_epoch() -%}
    {{ return(1704067200) }}
{%- endmacro %}

{% macro history_epoch() -%}
    {{ return(feed_now_epoch() - var('history_days') * 86400) }}
{%- endmacro %}

{% macro epoch_to_timestamp(seconds) -%}
    (timestamp '1970-01-01 00:00:00' + ({{ seconds }}) * interval '1 second')
{%- endmacro %}

{# Newest value of a column of a landed table; long ago when it is empty. #}
{% macro newest(table, column='loaded_at') -%}
    (select coalesce(max(landed.{{ column }}), timestamp '1900-01-01 00:00:00') from {{ raw_table(table) }} as landed)
{%- endmacro %}

{#
    A number from 0 to buckets - 1 that looks random but is always the same for a key and a salt.
    Plain integer arithmetic, because no hash function is the same in every warehouse.
#}
{% macro scatter(key, salt, buckets) -%}
    {%- set first = (salt * 40503 + 7919) * 48271 % 2147483647 -%}
    {%- set second = (salt * 30011 + 104729) * 16807 % 2147483629 -%}
    (cast({{ key }} as bigint) * {{ first }} % 2147483647 * {{ second }} % 2147483629 % ({{ buckets }}))
{%- endmacro %}
