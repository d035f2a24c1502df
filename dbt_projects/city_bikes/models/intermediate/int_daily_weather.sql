with observations as (
    select * from {{ ref('stg_weather_observations') }}
),

daily as (
    select
        observed_on,
        min(temperature_min_c) as temperature_min_c,
        max(temperature_max_c) as temperature_max_c,
        avg(rain_mm) as rain_mm,
        max(wind_kph) as wind_kph
    from observations
    group by observed_on
)

select
    observed_on,
    temperature_min_c,
    temperature_max_c,
    cast(round(rain_mm, 1) as numeric(6, 1)) as rain_mm,
    wind_kph,
    case
        when rain_mm >= 5 then 'wet'
        when rain_mm > 0 then 'showers'
        when temperature_max_c < 5 then 'cold'
        when wind_kph > 35 then 'windy'
        else 'fair'
    end as weather_class
from daily
