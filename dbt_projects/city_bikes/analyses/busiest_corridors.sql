-- Pairs of districts by the trips between them, in either direction, the busiest first.
with corridors as (
    select
        least(start_district_name, end_district_name) as one_district,
        greatest(start_district_name, end_district_name) as other_district,
        duration_minutes
    from {{ ref('fct_trips') }}
    where start_district_name <> end_district_name
)

select
    one_district,
    other_district,
    count(*) as trips,
    round(avg(duration_minutes), 1) as average_minutes
from corridors
group by one_district, other_district
order by trips desc
