{% macro cents_to_units(cents, decimals=2) -%}
    cast(round(cast({{ cents }} as numeric(18, 4)) / 100, {{ decimals }}) as numeric(14, {{ decimals }}))
{%- endmacro %}
