{# The workshop: a job is opened every four hours and closed some hours later; each is an event of its own. #}
{% macro land_maintenance_events() %}
create table if not exists {{ raw_table('maintenance_events') }} (
    event_id varchar(24),
    job_id bigint,
    bike_id integer,
    work_code varchar(8),
    event_type varchar(8),
    technician varchar(40),
    labour_minutes integer,
    parts_cost_cents integer,
    occurred_at timestamp,
    loaded_at timestamp
);
insert into {{ raw_table('maintenance_events') }}
with jobs as (
    select
        jobs.job_id,
        cast(11 + {{ scatter('jobs.job_id', 71, 160) }} as integer) as bike_id,
        split_part('BRK,TYR,CHN,BAT,LGT,LCK,INS', ',', cast(1 + {{ scatter('jobs.job_id', 72, 7) }} as integer)) as work_code,
        split_part('M. Okafor,L. Brandt,S. Yilmaz,P. Lindqvist', ',', cast(1 + {{ scatter('jobs.job_id', 73, 4) }} as integer)) as technician,
        jobs.job_id * 14400 + {{ scatter('jobs.job_id', 74, 9000) }} as opened_epoch,
        3600 * (2 + {{ scatter('jobs.job_id', 75, 70) }}) as open_seconds
    from generate_series({{ history_epoch() // 14400 }}, {{ feed_now_epoch() // 14400 }}) as jobs (job_id)
),

events as (
    select
        'O-' || job_id as event_id, job_id, bike_id, work_code, 'opened' as event_type, technician,
        cast(null as integer) as labour_minutes,
        cast(null as integer) as parts_cost_cents,
        opened_epoch as occurred_epoch
    from jobs
    union all
    select
        'C-' || job_id as event_id, job_id, bike_id, work_code, 'closed' as event_type, technician,
        cast(10 + {{ scatter('job_id', 76, 110) }} as integer) as labour_minutes,
        cast(case when work_code in ('INS', 'CHN') then 0 else 250 + {{ scatter('job_id', 77, 4200) }} end as integer) as parts_cost_cents,
        opened_epoch + open_seconds as occurred_epoch
    from jobs
)

select
    event_id,
    job_id,
    bike_id,
    work_code,
    event_type,
    technician,
    labour_minutes,
    parts_cost_cents,
    {{ epoch_to_timestamp('occurred_epoch') }} as occurred_at,
    {{ epoch_to_timestamp('occurred_epoch + 300') }} as loaded_at
from events
where
    occurred_epoch + 300 <= {{ feed_now_epoch() }}
    and {{ epoch_to_timestamp('occurred_epoch + 300') }} > {{ newest('maintenance_events') }};
{% endmacro %}
