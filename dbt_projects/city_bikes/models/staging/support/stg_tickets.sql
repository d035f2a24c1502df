select
    ticket_id,
    trip_id,
    category,
    opened_at,
    first_reply_minutes,
    satisfaction
from {{ source('support_desk', 'tickets') }}
