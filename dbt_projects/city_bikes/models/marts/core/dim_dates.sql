with numbers as (
    select numbers.day_offset
    from generate_series(0, 4017) as numbers (day_offset)
),

days as (
    select cast(date '2024-01-01' + cast(day_offset as integer) as date) as date_day
    from numbers
)

select
    date_day,
    cast(extract(isodow from date_day) as integer) as day_of_week,
    {{ day_name('date_day') }} as day_name,
    extract(isodow from date_day) in (6, 7) as is_weekend,
    cast(date_trunc('week', date_day) as date) as week_starting,
    cast(date_trunc('month', date_day) as date) as month_starting,
    cast(date_trunc('quarter', date_day) as date) as quarter_starting,
    cast(extract(month from date_day) as integer) as month_number,
    cast(extract(year from date_day) as integer) as year_number,
    case
        when extract(month from date_day) in (12, 1, 2) then 'winter'
        when extract(month from date_day) in (3, 4, 5) then 'spring'
        when extract(month from date_day) in (6, 7, 8) then 'summer'
        else 'autumn'
    end as season
from days
