{{ config(tags=['finance'], meta={'owner': 'finance@citybikes.example'}) }}

with movements as (
    select sum(signed_amount) as net_revenue
    from {{ ref('int_payment_movements') }}
    where charge_status = 'paid'
),

daily as (
    select sum(net_revenue) as net_revenue
    from {{ ref('fct_daily_revenue') }}
)

select
    movements.net_revenue as movements_net_revenue,
    daily.net_revenue as daily_net_revenue
from movements
cross join daily
where abs(movements.net_revenue - daily.net_revenue) > 0.005
