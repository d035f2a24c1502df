{#
    The weather service publishes a day at noon of the next one, and the file reaches the warehouse 30 hours
    after that. So its newest row is always between 30 and 54 hours old: late on purpose.
#}
{% macro land_daily_observations() %}
create table if not exists {{ raw_table('daily_observations') }} (
    observed_on date,
    weather_station varchar(16),
    temperature_min_c numeric(5, 1),
    temperature_max_c numeric(5, 1),
    rain_mm numeric(6, 1),
    wind_kph numeric(6, 1),
    published_at timestamp
);
insert into {{ raw_table('daily_observations') }}
with days as (
    select
        days.day_number,
        days.day_number * 86400 + 129600 as published_epoch,
        9.5 - 9.0 * cos((days.day_number % 365 - 20) * 0.0172142) as season_c
    from generate_series({{ history_epoch() // 86400 - 1 }}, {{ feed_now_epoch() // 86400 }}) as days (day_number)
),

places as (
    select 1 as place, 'harbour' as weather_station
    union all
    select 2 as place, 'airport' as weather_station
)

select
    cast(date '1970-01-01' + cast(days.day_number as integer) as date) as observed_on,
    places.weather_station,
    cast(days.season_c - 3 - {{ scatter('days.day_number * 2 + places.place', 111, 40) }} / 10.0 as numeric(5, 1)) as temperature_min_c,
    cast(days.season_c + 3 + {{ scatter('days.day_number * 2 + places.place', 112, 50) }} / 10.0 as numeric(5, 1)) as temperature_max_c,
    cast(case
        when {{ scatter('days.day_number', 61, 100) }} < 28
            then 0.5 + {{ scatter('days.day_number', 113, 180) }} / 10.0 + places.place * 0.3
        else 0
    end as numeric(6, 1)) as rain_mm,
    cast(5 + {{ scatter('days.day_number * 2 + places.place', 114, 420) }} / 10.0 as numeric(6, 1)) as wind_kph,
    {{ epoch_to_timestamp('days.published_epoch') }} as published_at
from days
cross join places
where
    {{ epoch_to_timestamp('days.published_epoch') }} > {{ newest('daily_observations', 'published_at') }}
    and days.published_epoch + 108000 <= {{ feed_now_epoch() }};
{% endmacro %}
