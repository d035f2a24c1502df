"""Our own words, where a rule has none."""

from typing import Final

TITLE: Final = """\
{%- if event == "run_started" -%}Started:{% elif event == "run_succeeded" -%}Succeeded:
{%- elif event == "run_failed" -%}{{ "Failed, will be tried again:" if run.will_retry else "Failed:" }}
{%- elif event == "run_recovered" -%}Recovered:{% elif event == "run_cancelled" -%}Cancelled:
{%- elif event == "run_late" -%}Late:{% elif event == "freshness" -%}
{{ sources_total }} source{{ "" if sources_total == 1 else "s" }} out of date
{%- elif event == "test_newly_failing" -%}
{{ tests_total }} test{{ "" if tests_total == 1 else "s" }} newly failing
{%- elif event == "ingest_refused" -%}Artifacts refused: {{ drop.label }}{% endif %}
{%- if event[:4] == "run_" %} {{ job.name if job else run.command }}{% endif %}
 ({{ workspace.name }}{{ ", " ~ environment if environment }})"""

BODY: Final = """\
{% if event == "run_late" %}
{{ job.name }} was due at {{ late.due_at }} and had not begun {{ late.after_minutes }} minutes later.
{% if late.reason %}{{ late.reason }}{% endif %}

{% endif %}
{% if run %}
{{ run.command }}
{% if run.attempt > 1 or run.will_retry %}
Attempt {{ run.attempt }} of {{ run.max_attempts }}
{%- if run.will_retry %}; the next begins about {{ run.next_attempt_at }}{% endif %}.
{% endif %}
{% if run.duration_seconds is not none %}Took {{ run.duration_seconds | duration }}. {% endif %}
{% if run.actor %}Asked for by {{ run.actor }}.{% endif %}

{% endif %}
{% if message %}
{{ message }}
{% endif %}
{% for cause in causes %}

{{ cause.resource_type }} {{ cause.name }}: {{ cause.status }}
{% if cause.message %}{{ cause.message }}
{% endif %}
{% if cause.skipped_total %}
Skipped because of it ({{ cause.skipped_total }}): {{ cause.skipped | join(", ") }}
{%- if cause.skipped_total > cause.skipped | length %}, ...{% endif %}

{% endif %}
{% if cause.exposures %}Out of date now: {{ cause.exposures | join(", ") }}
{% endif %}
{{ cause.url }}
{% endfor %}
{% if failed_total > causes | length %}

{{ failed_total }} failed in all.
{% endif %}
{% for test in tests %}
{{ test.name }}: {{ test.status }}{{ ", " ~ test.failures ~ " rows" if test.failures }}
{% if test.message %}{{ test.message }}
{% endif %}
{{ test.url }}
{% endfor %}
{% if tests_total > tests | length %}and {{ tests_total - tests | length }} more
{% endif %}
{% for source in sources %}
{{ source.name }}: {{ source.status }} (was {{ source.before or "never asked" }})
{%- if source.age_seconds is not none %}, data is {{ source.age_seconds | duration }} old{% endif %}

{{ source.url }}
{% endfor %}
{% if sources_total > sources | length %}and {{ sources_total - sources | length }} more
{% endif %}
{% if drop %}
Brought by {{ drop.actor or "nobody known" }} ({{ drop.source }}): {{ drop.reason or "no reason was noted" }}
{% if drop.hint %}{{ drop.hint }}
{% endif %}
{% endif %}

{{ url }}"""
