{{ config(severity='warn', tags=['operations'], meta={'owner': 'operations@citybikes.example'}) }}

select
    trip_id,
    end_station_id,
    started_at,
    ended_at
from {{ ref('stg_trips') }}
where ended_at < started_at
