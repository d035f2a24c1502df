select
    observed_on,
    weather_station,
    temperature_min_c,
    temperature_max_c,
    rain_mm,
    wind_kph
from {{ source('weather_service', 'daily_observations') }}
