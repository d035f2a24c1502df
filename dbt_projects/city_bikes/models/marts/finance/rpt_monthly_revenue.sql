{{ config(materialized='view') }}

with daily as (
    select * from {{ ref('fct_daily_revenue') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

revenue as (
    select
        dates.month_starting,
        sum(daily.ride_revenue) as ride_revenue,
        sum(daily.subscription_revenue) as subscription_revenue,
        sum(daily.refunds) as refunds,
        sum(daily.net_revenue) as net_revenue,
        count(*) as days_with_revenue
    from daily
    inner join dates on daily.revenue_date = dates.date_day
    group by dates.month_starting
),

upkeep as (
    select
        cast(date_trunc('month', opened_at) as date) as month_starting,
        sum(total_cost) as maintenance_cost
    from {{ ref('fct_maintenance_jobs') }}
    group by cast(date_trunc('month', opened_at) as date)
)

select
    revenue.month_starting,
    revenue.days_with_revenue,
    revenue.ride_revenue,
    revenue.subscription_revenue,
    {{ safe_ratio('revenue.subscription_revenue', 'revenue.ride_revenue + revenue.subscription_revenue') }} as subscription_share,
    revenue.refunds,
    revenue.net_revenue,
    coalesce(upkeep.maintenance_cost, 0) as maintenance_cost,
    revenue.net_revenue - coalesce(upkeep.maintenance_cost, 0) as contribution,
    {{ safe_ratio(
        'revenue.net_revenue - lag(revenue.net_revenue) over (order by revenue.month_starting)',
        'lag(revenue.net_revenue) over (order by revenue.month_starting)'
    ) }} as growth_on_month_before
from revenue
left join upkeep on revenue.month_starting = upkeep.month_starting
