with stations as (
    select * from {{ ref('stg_stations') }}
),

bikes as (
    select * from {{ ref('stg_bikes') }}
),

models as (
    select * from {{ ref('bike_models') }}
),

history as (
    select
        bike_id,
        count(*) as recorded_states
    from {{ ref('bikes_history') }}
    group by bike_id
),

usage as (
    select
        bike_id,
        count(*) as trips,
        sum(distance_km) as distance_km,
        max(ended_at) as last_trip_at
    from {{ ref('fct_trips') }}
    group by bike_id
),

upkeep as (
    select
        bike_id,
        count(*) as jobs,
        sum(total_cost) as maintenance_cost,
        max(closed_at) as last_serviced_at
    from {{ ref('fct_maintenance_jobs') }}
    group by bike_id
)

select
    bikes.bike_id,
    bikes.model_code,
    models.model_name,
    models.manufacturer,
    models.is_electric,
    bikes.bike_status,
    bikes.status_since,
    bikes.commissioned_on,
    stations.station_name as home_station_name,
    coalesce(history.recorded_states, 0) as recorded_states,
    coalesce(usage.trips, 0) as trips,
    coalesce(usage.distance_km, 0) as distance_km,
    usage.last_trip_at,
    coalesce(upkeep.jobs, 0) as maintenance_jobs,
    coalesce(upkeep.maintenance_cost, 0) as maintenance_cost,
    {{ safe_ratio('upkeep.maintenance_cost * 100', 'usage.distance_km', 2) }} as cost_per_100_km,
    upkeep.last_serviced_at,
    coalesce(usage.distance_km, 0) / models.service_interval_km > coalesce(upkeep.jobs, 0) as is_service_due
from bikes
inner join models on bikes.model_code = models.model_code
left join stations on bikes.home_station_id = stations.station_id
left join history on bikes.bike_id = history.bike_id
left join usage on bikes.bike_id = usage.bike_id
left join upkeep on bikes.bike_id = upkeep.bike_id
