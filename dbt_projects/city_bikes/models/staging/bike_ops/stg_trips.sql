with source as (
    select * from {{ source('bike_ops', 'trips') }}
)

select
    trip_id,
    bike_id,
    member_id,
    start_station_id,
    end_station_id,
    started_at,
    ended_at,
    distance_m,
    case when member_id is null then 'casual' else 'member' end as rider_type,
    unlock_channel,
    loaded_at
from source
