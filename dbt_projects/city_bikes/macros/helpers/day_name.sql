{% macro day_name(day) -%}
    {{ return(adapter.dispatch('day_name', 'city_bikes')(day)) }}
{%- endmacro %}

{% macro default__day_name(day) -%}
    trim(to_char({{ day }}, 'Day'))
{%- endmacro %}

{% macro duckdb__day_name(day) -%}
    dayname({{ day }})
{%- endmacro %}
