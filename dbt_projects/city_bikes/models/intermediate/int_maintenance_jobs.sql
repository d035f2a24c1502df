{{ config(materialized='ephemeral') }}

select
    job_id,
    bike_id,
    work_code,
    max(technician) as technician,
    min(case when event_type = 'opened' then occurred_at end) as opened_at,
    max(case when event_type = 'closed' then occurred_at end) as closed_at,
    cast(sum(coalesce(labour_minutes, 0)) as integer) as labour_minutes,
    {{ cents_to_units('sum(coalesce(parts_cost_cents, 0))') }} as parts_cost
from {{ ref('stg_maintenance_events') }}
group by job_id, bike_id, work_code
