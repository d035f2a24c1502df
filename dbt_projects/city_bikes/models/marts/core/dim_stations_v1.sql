select
    station_id,
    station_name,
    district_name,
    latitude,
    longitude,
    dock_count,
    opened_on,
    has_charging
from {{ ref('stg_stations') }}
