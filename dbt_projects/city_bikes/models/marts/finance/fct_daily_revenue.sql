with movements as (
    select * from {{ ref('int_payment_movements') }}
),

daily as (
    select
        moved_on as revenue_date,
        sum(case when movement_type = 'charge' and charge_type = 'ride' and charge_status = 'paid' then signed_amount else 0 end) as ride_revenue,
        sum(case when movement_type = 'charge' and charge_type = 'subscription' and charge_status = 'paid' then signed_amount else 0 end)
            as subscription_revenue,
        sum(case when movement_type = 'refund' then -signed_amount else 0 end) as refunds,
        sum(case when movement_type = 'charge' and charge_status = 'failed' then signed_amount else 0 end) as failed_amount,
        count(case when movement_type = 'charge' and charge_status = 'paid' then 1 end) as paid_charges,
        count(case when movement_type = 'charge' and charge_status = 'failed' then 1 end) as failed_charges
    from movements
    group by moved_on
),

netted as (
    select
        *,
        ride_revenue + subscription_revenue - refunds as net_revenue
    from daily
)

select
    revenue_date,
    cast(ride_revenue as numeric(14, 2)) as ride_revenue,
    cast(subscription_revenue as numeric(14, 2)) as subscription_revenue,
    cast(refunds as numeric(14, 2)) as refunds,
    cast(net_revenue as numeric(14, 2)) as net_revenue,
    cast(failed_amount as numeric(14, 2)) as failed_amount,
    cast(paid_charges as integer) as paid_charges,
    cast(failed_charges as integer) as failed_charges,
    {{ safe_ratio('failed_charges', 'paid_charges + failed_charges') }} as failure_rate,
    cast(sum(net_revenue) over (
        partition by date_trunc('month', revenue_date) order by revenue_date
    ) as numeric(14, 2)) as month_to_date_revenue,
    cast(avg(net_revenue) over (order by revenue_date rows between 6 preceding and current row) as numeric(14, 2))
        as net_revenue_7d_average
from netted
