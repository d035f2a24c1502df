{#
    The bike register: the fleet as it is now, sent in full. A bike goes round a cycle of some weeks: into
    the workshop, sometimes to the depot, back into service. Ten were retired long ago.
#}
{% macro land_bikes() %}
create table if not exists {{ raw_table('bikes') }} (
    bike_id integer,
    model_code varchar(8),
    status varchar(16),
    home_station_id integer,
    commissioned_on date,
    updated_at timestamp,
    loaded_at timestamp
);
delete from {{ raw_table('bikes') }};
insert into {{ raw_table('bikes') }}
with fleet as (
    select
        cast(numbers.bike_id as integer) as bike_id,
        {{ feed_now_epoch() // 3600 }} as now_hour,
        24 * (18 + {{ scatter('numbers.bike_id', 1, 16) }}) as cycle_hours
    from generate_series(1, 170) as numbers (bike_id)
),

cycles as (
    select
        *,
        (now_hour + bike_id * 31) % cycle_hours as hour_of_cycle,
        now_hour - (now_hour + bike_id * 31) % cycle_hours as cycle_start_hour
    from fleet
),

plans as (
    select
        *,
        30 + {{ scatter('bike_id * 100003 + cycle_start_hour', 5, 60) }} as repair_hours,
        {{ scatter('bike_id * 100003 + cycle_start_hour', 6, 3) }} * 20 as stored_hours
    from cycles
)

select
    bike_id,
    case
        when {{ scatter('bike_id', 2, 100) }} < 45 then 'CL1'
        when {{ scatter('bike_id', 2, 100) }} < 70 then 'CL2'
        when {{ scatter('bike_id', 2, 100) }} < 93 then 'EB1'
        else 'CG1'
    end as model_code,
    case
        when bike_id <= 10 then 'retired'
        when hour_of_cycle < repair_hours then 'in_repair'
        when hour_of_cycle < repair_hours + stored_hours then 'stored'
        else 'in_service'
    end as status,
    cast(1 + {{ scatter('bike_id', 3, 24) }} as integer) as home_station_id,
    cast(date '2024-01-01' + cast({{ scatter('bike_id', 4, 400) }} as integer) as date) as commissioned_on,
    case
        when bike_id <= 10 then timestamp '2025-06-30 17:00:00'
        when hour_of_cycle < repair_hours then {{ epoch_to_timestamp('cast(cycle_start_hour as bigint) * 3600') }}
        when hour_of_cycle < repair_hours + stored_hours
            then {{ epoch_to_timestamp('(cast(cycle_start_hour as bigint) + repair_hours) * 3600') }}
        else {{ epoch_to_timestamp('(cast(cycle_start_hour as bigint) + repair_hours + stored_hours) * 3600') }}
    end as updated_at,
    {{ feed_now() }} as loaded_at
from plans;
{% endmacro %}
