with dates as (
    select * from {{ ref('dim_dates') }}
),

jobs as (
    select * from {{ ref('fct_maintenance_jobs') }}
),

weather as (
    select * from {{ ref('int_daily_weather') }}
),

trips as (
    select
        trip_date,
        count(*) as trips,
        count(*) filter (where rider_type = 'casual') as casual_trips,
        count(distinct bike_id) as bikes_used,
        sum(distance_km) as distance_km,
        percentile_cont(0.5) within group (order by cast(duration_minutes as double precision)) as median_duration_minutes
    from {{ ref('fct_trips') }}
    group by trip_date
),

tickets as (
    select
        cast(opened_at as date) as opened_on,
        count(*) as tickets,
        avg(satisfaction) as average_satisfaction
    from {{ ref('stg_tickets') }}
    group by cast(opened_at as date)
),

workshop as (
    select
        dates.date_day,
        count(jobs.job_id) as open_jobs
    from dates
    inner join jobs
        on
            dates.date_day >= cast(jobs.opened_at as date)
            and (jobs.closed_at is null or dates.date_day < cast(jobs.closed_at as date))
    where dates.date_day <= (select max(trip_date) from trips)
    group by dates.date_day
)

select
    trips.trip_date,
    dates.day_name,
    dates.is_weekend,
    trips.trips,
    trips.casual_trips,
    {{ safe_ratio('trips.casual_trips', 'trips.trips', 3) }} as casual_share,
    trips.bikes_used,
    trips.distance_km,
    cast(round(cast(trips.median_duration_minutes as numeric(14, 4)), 1) as numeric(10, 1)) as median_duration_minutes,
    trips.trips - lag(trips.trips, 7) over (order by trips.trip_date) as change_on_week_before,
    weather.temperature_max_c,
    weather.rain_mm,
    coalesce(weather.weather_class, 'not yet known') as weather_class,
    coalesce(tickets.tickets, 0) as tickets,
    {{ safe_ratio('coalesce(tickets.tickets, 0) * 1000', 'trips.trips', 1) }} as tickets_per_1000_trips,
    coalesce(workshop.open_jobs, 0) as open_maintenance_jobs
from trips
left join dates on trips.trip_date = dates.date_day
left join weather on trips.trip_date = weather.observed_on
left join tickets on trips.trip_date = tickets.opened_on
left join workshop on trips.trip_date = workshop.date_day
