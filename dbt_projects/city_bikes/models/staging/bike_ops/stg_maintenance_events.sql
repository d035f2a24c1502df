select
    event_id,
    job_id,
    bike_id,
    work_code,
    event_type,
    technician,
    labour_minutes,
    parts_cost_cents,
    occurred_at
from {{ source('bike_ops', 'maintenance_events') }}
