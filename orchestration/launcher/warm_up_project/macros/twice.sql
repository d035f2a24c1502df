{% macro twice(column) %}2 * {{ column }}{% endmacro %}
