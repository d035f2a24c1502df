{% macro safe_ratio(part, whole, decimals=4) -%}
    cast(round(cast({{ part }} as numeric(18, 4)) / nullif(cast({{ whole }} as numeric(18, 4)), 0), {{ decimals }}) as numeric(14, {{ decimals }}))
{%- endmacro %}
