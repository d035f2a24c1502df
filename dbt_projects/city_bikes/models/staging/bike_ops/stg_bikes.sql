select
    bike_id,
    model_code,
    status as bike_status,
    home_station_id,
    commissioned_on,
    updated_at as status_since
from {{ source('bike_ops', 'bikes') }}
