with stations as (
    select * from {{ ref('stations') }}
),

districts as (
    select * from {{ ref('districts') }}
)

select
    stations.station_id,
    stations.station_name,
    stations.district_id,
    districts.district_name,
    districts.zone,
    stations.latitude,
    stations.longitude,
    stations.dock_count,
    stations.opened_on,
    stations.has_charging
from stations
inner join districts on stations.district_id = districts.district_id
