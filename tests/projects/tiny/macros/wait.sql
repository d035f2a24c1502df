{#- Keeps dbt busy, for tests that interrupt it: DuckDB has no sleep. -#}
{% macro wait(seconds) %}
  {% if execute %}
    {% set until = modules.datetime.datetime.now() + modules.datetime.timedelta(seconds=seconds) %}
    {% for _ in range(100000) %}
      {% if modules.datetime.datetime.now() < until %}
        {% do run_query("select count(*) from range(3000000)") %}
      {% endif %}
    {% endfor %}
  {% endif %}
{% endmacro %}
