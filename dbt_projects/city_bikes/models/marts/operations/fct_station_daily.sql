with stations as (
    select * from {{ ref('dim_stations', v=2) }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

flows as (
    select * from {{ ref('int_station_flows_hourly') }}
),

daily as (
    select
        station_id,
        flow_date,
        cast(sum(departures) as integer) as departures,
        cast(sum(arrivals) as integer) as arrivals,
        max(departures + arrivals) as peak_hour_movements
    from flows
    group by station_id, flow_date
)

select
    daily.station_id || '-' || daily.flow_date as station_day_id,
    daily.station_id,
    stations.station_name,
    stations.district_name,
    daily.flow_date,
    dates.day_name,
    daily.departures,
    daily.arrivals,
    daily.arrivals - daily.departures as net_flow,
    cast(sum(daily.arrivals - daily.departures) over (
        partition by daily.station_id order by daily.flow_date
    ) as integer) as cumulative_net_flow,
    {{ safe_ratio('daily.departures + daily.arrivals', 'stations.dock_count', 2) }} as movements_per_dock,
    cast(round(avg(daily.departures) over (
        partition by daily.station_id order by daily.flow_date rows between 6 preceding and current row
    ), 1) as numeric(10, 1)) as departures_7d_average,
    daily.peak_hour_movements,
    rank() over (partition by daily.flow_date order by daily.departures desc) as rank_of_day
from daily
inner join stations on daily.station_id = stations.station_id
left join dates on daily.flow_date = dates.date_day
