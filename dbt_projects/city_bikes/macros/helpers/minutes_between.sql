{% macro minutes_between(earlier, later) -%}
    cast(round(cast(extract(epoch from ({{ later }} - {{ earlier }})) / 60 as numeric(18, 4)), 1) as numeric(12, 1))
{%- endmacro %}
