with trips as (
    select * from {{ ref('stg_trips') }}
),

stations as (
    select * from {{ ref('stg_stations') }}
),

measured as (
    select
        trips.*,
        {{ minutes_between('trips.started_at', 'trips.ended_at') }} as duration_minutes
    from trips
)

select
    measured.trip_id,
    measured.bike_id,
    measured.member_id,
    measured.rider_type,
    measured.unlock_channel,
    measured.start_station_id,
    start_stations.station_name as start_station_name,
    start_stations.district_name as start_district_name,
    measured.end_station_id,
    end_stations.station_name as end_station_name,
    end_stations.district_name as end_district_name,
    measured.started_at,
    measured.ended_at,
    cast(measured.started_at as date) as trip_date,
    measured.duration_minutes,
    cast(round(cast(measured.distance_m as numeric(14, 4)) / 1000, 3) as numeric(12, 3)) as distance_km,
    case
        when extract(hour from measured.started_at) between 6 and 9 then 'morning peak'
        when extract(hour from measured.started_at) between 10 and 15 then 'midday'
        when extract(hour from measured.started_at) between 16 and 19 then 'evening peak'
        else 'night'
    end as day_part,
    extract(isodow from measured.started_at) in (6, 7) as is_weekend,
    measured.start_station_id = measured.end_station_id as is_round_trip,
    case
        when measured.duration_minutes < 0 then 'ends before it starts'
        when measured.duration_minutes < 1 and measured.start_station_id = measured.end_station_id then 'not ridden'
        when measured.duration_minutes > 1440 then 'longer than a day'
    end as quality_issue,
    measured.loaded_at
from measured
left join stations as start_stations on measured.start_station_id = start_stations.station_id
left join stations as end_stations on measured.end_station_id = end_stations.station_id
