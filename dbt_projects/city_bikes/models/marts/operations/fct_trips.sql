{{
    config(
        materialized='incremental',
        unique_key='trip_id',
        incremental_strategy='delete+insert',
        on_schema_change='append_new_columns'
    )
}}

with trips as (
    select * from {{ ref('int_trips_enriched') }}
    where
        quality_issue is null
        {% if is_incremental() %}
        -- Trips arrive in the order bikes come back, not in the order they leave.
        and loaded_at > (
            select coalesce(max(present.loaded_at), timestamp '1900-01-01 00:00:00') from {{ this }} as present
        )
        {% endif %}
)

select
    trip_id,
    bike_id,
    member_id,
    cast(rider_type as text) as rider_type,
    start_station_id,
    end_station_id,
    cast(start_district_name as text) as start_district_name,
    cast(end_district_name as text) as end_district_name,
    trip_date,
    started_at,
    ended_at,
    duration_minutes,
    distance_km,
    cast(round(distance_km / nullif(duration_minutes / 60, 0), 1) as numeric(8, 1)) as average_speed_kph,
    cast(day_part as text) as day_part,
    is_weekend,
    is_round_trip,
    loaded_at
from trips
