{{ config(materialized='table') }}

with trips as (
    select * from {{ ref('int_trips_enriched') }}
    where quality_issue is null
),

movements as (
    select
        start_station_id as station_id,
        date_trunc('hour', started_at) as flow_hour,
        1 as departures,
        0 as arrivals
    from trips
    union all
    select
        end_station_id,
        date_trunc('hour', ended_at),
        0,
        1
    from trips
)

select
    station_id,
    flow_hour,
    cast(flow_hour as date) as flow_date,
    cast(sum(departures) as integer) as departures,
    cast(sum(arrivals) as integer) as arrivals,
    cast(sum(arrivals) - sum(departures) as integer) as net_flow
from movements
group by station_id, flow_hour
