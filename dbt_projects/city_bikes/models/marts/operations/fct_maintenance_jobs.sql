with bikes as (
    select * from {{ ref('stg_bikes') }}
),

codes as (
    select * from {{ ref('maintenance_codes') }}
),

jobs as (
    select * from {{ ref('int_maintenance_jobs') }}
),

costed as (
    select
        *,
        cast(round(labour_minutes * 0.75, 2) as numeric(14, 2)) as labour_cost
    from jobs
)

select
    costed.job_id,
    costed.bike_id,
    bikes.model_code,
    costed.work_code,
    codes.work_name,
    codes.work_category,
    codes.is_safety_relevant,
    costed.technician,
    costed.opened_at,
    costed.closed_at,
    costed.closed_at is null as is_open,
    cast(round({{ minutes_between('costed.opened_at', 'costed.closed_at') }} / 60, 1) as numeric(10, 1)) as hours_open,
    costed.labour_minutes,
    costed.labour_cost,
    costed.parts_cost,
    costed.labour_cost + costed.parts_cost as total_cost,
    row_number() over (partition by costed.bike_id order by costed.opened_at, costed.job_id) as job_number_of_bike,
    cast(costed.opened_at as date)
    - cast(lag(costed.opened_at) over (partition by costed.bike_id order by costed.opened_at, costed.job_id) as date)
        as days_since_previous_job
from costed
left join bikes on costed.bike_id = bikes.bike_id
left join codes on costed.work_code = codes.work_code
