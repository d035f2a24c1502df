{{ config(materialized='table') }}

with trips as (
    select
        member_id,
        trip_id,
        start_station_id,
        started_at,
        trip_date,
        duration_minutes,
        distance_km,
        lag(started_at) over (partition by member_id order by started_at, trip_id) as previous_started_at
    from {{ ref('int_trips_enriched') }}
    where member_id is not null and quality_issue is null
),

favourite_stations as (
    select
        ranked.member_id,
        ranked.start_station_id as favourite_station_id
    from (
        select
            member_id,
            start_station_id,
            row_number() over (partition by member_id order by count(*) desc, start_station_id) as popularity
        from trips
        group by member_id, start_station_id
    ) as ranked
    where ranked.popularity = 1
),

totals as (
    select
        member_id,
        count(*) as trips,
        count(distinct trip_date) as riding_days,
        sum(duration_minutes) as ride_minutes,
        sum(distance_km) as distance_km,
        min(started_at) as first_trip_at,
        max(started_at) as last_trip_at,
        avg(extract(epoch from (started_at - previous_started_at)) / 86400) as average_gap_days
    from trips
    group by member_id
)

select
    totals.member_id,
    totals.trips,
    totals.riding_days,
    totals.ride_minutes,
    totals.distance_km,
    totals.first_trip_at,
    totals.last_trip_at,
    cast(round(cast(totals.average_gap_days as numeric(14, 4)), 1) as numeric(8, 1)) as average_gap_days,
    favourite_stations.favourite_station_id
from totals
left join favourite_stations on totals.member_id = favourite_stations.member_id
