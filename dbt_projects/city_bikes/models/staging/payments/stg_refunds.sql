select
    refund_id,
    charge_id,
    {{ cents_to_units('amount_cents') }} as amount,
    reason,
    refunded_at
from {{ source('payment_provider', 'refunds') }}
