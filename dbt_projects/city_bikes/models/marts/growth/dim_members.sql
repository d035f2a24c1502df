with plans as (
    select * from {{ ref('membership_plans') }}
),

districts as (
    select * from {{ ref('districts') }}
),

stations as (
    select * from {{ ref('stg_stations') }}
),

members as (
    select * from {{ ref('stg_members') }}
),

activity as (
    select * from {{ ref('int_member_activity') }}
),

spending as (
    select
        member_id,
        sum(signed_amount) as net_spending
    from {{ ref('int_payment_movements') }}
    where charge_status = 'paid' and member_id is not null
    group by member_id
),

latest as (
    select max(last_trip_at) as newest_trip_at
    from activity
)

select
    members.member_id,
    cast(md5(members.email) as text) as email_hash,
    cast(split_part(members.email, '@', 2) as text) as email_domain,
    cast(floor(members.birth_year / 10.0) * 10 as integer) as birth_decade,
    cast(members.plan_code as text) as plan_code,
    cast(plans.plan_name as text) as plan_name,
    cast(districts.district_name as text) as home_district_name,
    cast(members.joined_at as date) as joined_on,
    cast(members.cancelled_at as date) as cancelled_on,
    members.is_active,
    members.marketing_opt_in,
    cast(coalesce(activity.trips, 0) as integer) as trips,
    cast(coalesce(activity.distance_km, 0) as numeric(12, 3)) as distance_km,
    activity.last_trip_at,
    cast(stations.station_name as text) as favourite_station_name,
    cast(coalesce(spending.net_spending, 0) as numeric(14, 2)) as net_spending,
    cast(
        case
            when not members.is_active then 'left'
            when activity.last_trip_at is null then 'dormant'
            when activity.last_trip_at < latest.newest_trip_at - interval '30 days' then 'drifting'
            when activity.trips >= 8 then 'regular'
            else 'occasional'
        end as text
    ) as lifecycle_stage
from members
cross join latest
left join plans on members.plan_code = plans.plan_code
left join districts on members.home_district_id = districts.district_id
left join activity on members.member_id = activity.member_id
left join stations on activity.favourite_station_id = stations.station_id
left join spending on members.member_id = spending.member_id
