with stations as (
    select * from {{ ref('stg_stations') }}
),

flows as (
    select
        station_id,
        sum(departures) as departures,
        sum(arrivals) as arrivals
    from {{ ref('int_station_flows_hourly') }}
    group by station_id
),

hours as (
    select
        station_id,
        extract(hour from flow_hour) as hour_of_day,
        sum(departures + arrivals) as movements
    from {{ ref('int_station_flows_hourly') }}
    group by station_id, extract(hour from flow_hour)
),

busiest as (
    select
        station_id,
        hour_of_day,
        row_number() over (partition by station_id order by movements desc, hour_of_day) as place
    from hours
)

select
    stations.station_id,
    stations.station_name,
    stations.district_id,
    stations.district_name,
    stations.zone,
    stations.latitude,
    stations.longitude,
    stations.dock_count,
    stations.opened_on,
    stations.has_charging,
    cast(coalesce(flows.departures, 0) as integer) as departures,
    cast(coalesce(flows.arrivals, 0) as integer) as arrivals,
    cast(busiest.hour_of_day as integer) as busiest_hour,
    cast(rank() over (partition by stations.district_id order by coalesce(flows.departures, 0) desc) as integer) as rank_in_district
from stations
left join flows on stations.station_id = flows.station_id
left join busiest on stations.station_id = busiest.station_id and busiest.place = 1
