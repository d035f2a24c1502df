with charges as (
    select * from {{ ref('stg_charges') }}
),

refunds as (
    select * from {{ ref('stg_refunds') }}
),

collected as (
    select
        charge_id as movement_id,
        charge_id,
        charge_type,
        'charge' as movement_type,
        trip_id,
        member_id,
        charge_status,
        amount as signed_amount,
        charged_at as moved_at
    from charges
),

given_back as (
    select
        refunds.refund_id as movement_id,
        refunds.charge_id,
        charges.charge_type,
        'refund' as movement_type,
        charges.trip_id,
        charges.member_id,
        'paid' as charge_status,
        -refunds.amount as signed_amount,
        refunds.refunded_at as moved_at
    from refunds
    inner join charges on refunds.charge_id = charges.charge_id
),

movements as (
    select * from collected
    union all
    select * from given_back
)

select
    movement_id,
    charge_id,
    charge_type,
    movement_type,
    trip_id,
    member_id,
    charge_status,
    signed_amount,
    moved_at,
    cast(moved_at as date) as moved_on
from movements
