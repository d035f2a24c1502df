with trips as (
    select * from {{ ref('fct_trips') }}
),

members as (
    select
        member_id,
        cast(date_trunc('month', joined_on) as date) as cohort_month,
        cancelled_on
    from {{ ref('dim_members') }}
),

cohorts as (
    select
        cohort_month,
        count(*) as cohort_size
    from members
    group by cohort_month
),

riding as (
    select
        members.cohort_month,
        cast(date_trunc('month', trips.trip_date) as date) as activity_month,
        count(distinct trips.member_id) as active_members,
        count(*) as trips,
        sum(trips.duration_minutes) as ride_minutes
    from trips
    inner join members on trips.member_id = members.member_id
    group by members.cohort_month, cast(date_trunc('month', trips.trip_date) as date)
)

select
    riding.cohort_month || '/' || riding.activity_month as cohort_activity_id,
    riding.cohort_month,
    riding.activity_month,
    cast(
        (extract(year from riding.activity_month) - extract(year from riding.cohort_month)) * 12
        + extract(month from riding.activity_month) - extract(month from riding.cohort_month)
        as integer
    ) as months_since_joining,
    cohorts.cohort_size,
    riding.active_members,
    {{ safe_ratio('riding.active_members', 'cohorts.cohort_size') }} as active_rate,
    riding.trips,
    {{ safe_ratio('riding.trips', 'riding.active_members', 1) }} as trips_per_active_member,
    riding.ride_minutes,
    (
        select count(*)
        from members as leavers
        where
            leavers.cohort_month = riding.cohort_month
            and cast(date_trunc('month', leavers.cancelled_on) as date) = riding.activity_month
    ) as members_lost
from riding
inner join cohorts on riding.cohort_month = cohorts.cohort_month
