select
    charge_id,
    charge_type,
    trip_id,
    member_id,
    {{ cents_to_units('amount_cents') }} as amount,
    currency,
    payment_method,
    charge_status,
    charged_at
from {{ source('payment_provider', 'charges') }}
