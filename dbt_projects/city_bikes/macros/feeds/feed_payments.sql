{# The payment provider: charges for rides follow the trip by some minutes, subscriptions renew every 30 days. #}
{% macro land_charges() %}
create table if not exists {{ raw_table('charges') }} (
    charge_id varchar(32),
    charge_type varchar(16),
    trip_id bigint,
    member_id integer,
    amount_cents integer,
    currency varchar(3),
    payment_method varchar(8),
    charge_status varchar(8),
    charged_at timestamp,
    loaded_at timestamp
);
insert into {{ raw_table('charges') }}
with rides as (
    select
        trips.trip_id,
        trips.member_id,
        members.plan_code,
        trips.loaded_at + interval '4 minutes' as charged_at,
        greatest(cast(ceil(extract(epoch from (trips.ended_at - trips.started_at)) / 60) as integer), 0) as ride_minutes
    from {{ raw_table('trips') }} as trips
    left join {{ raw_table('members') }} as members on trips.member_id = members.member_id
    where trips.loaded_at > {{ newest('charges') }} - interval '1 hour'
),

renewals as (
    select
        members.member_id,
        members.plan_code,
        members.cancelled_at,
        members.joined_at + interval '30 days'
        * cast(floor(extract(epoch from ({{ feed_now() }} - members.joined_at)) / 2592000) - periods.back as integer) as charged_at,
        floor(extract(epoch from ({{ feed_now() }} - members.joined_at)) / 2592000) - periods.back as period
    from {{ raw_table('members') }} as members
    cross join generate_series(0, {{ var('history_days') // 30 }}) as periods (back)
),

due as (
    select
        'R-' || trip_id as charge_id,
        'ride' as charge_type,
        trip_id,
        member_id,
        case
            when member_id is null then 100 + 15 * ride_minutes
            when plan_code = 'monthly' then 8 * greatest(ride_minutes - 30, 0)
            when plan_code = 'corporate' then 5 * greatest(ride_minutes - 60, 0)
            else 6 * greatest(ride_minutes - 45, 0)
        end as amount_cents,
        trip_id as draw,
        charged_at
    from rides
    union all
    select
        'S-' || member_id || '-' || cast(period as integer) as charge_id,
        'subscription' as charge_type,
        cast(null as bigint) as trip_id,
        member_id,
        case plan_code when 'monthly' then 1200 when 'annual' then 900 when 'student' then 600 else 700 end as amount_cents,
        cast(member_id * 1000 + period as bigint) as draw,
        charged_at
    from renewals
    where
        period >= 0
        and charged_at > {{ epoch_to_timestamp(history_epoch()) }}
        and (cancelled_at is null or cancelled_at > charged_at)
)

select
    charge_id,
    charge_type,
    trip_id,
    member_id,
    amount_cents,
    'EUR' as currency,
    case when {{ scatter('draw', 81, 100) }} < 64 then 'card' when {{ scatter('draw', 81, 100) }} < 88 then 'wallet' else 'debit' end as payment_method,
    case when {{ scatter('draw', 82, 100) }} < 96 then 'paid' else 'failed' end as charge_status,
    charged_at,
    charged_at + interval '2 minutes' as loaded_at
from due
where
    amount_cents > 0
    and charged_at + interval '2 minutes' > {{ newest('charges') }}
    and charged_at + interval '2 minutes' <= {{ feed_now() }};
{% endmacro %}


{# About one paid charge in 40 is given back, in part or in full, within three days. #}
{% macro land_refunds() %}
create table if not exists {{ raw_table('refunds') }} (
    refund_id varchar(32),
    charge_id varchar(32),
    amount_cents integer,
    reason varchar(24),
    refunded_at timestamp,
    loaded_at timestamp
);
insert into {{ raw_table('refunds') }}
with candidates as (
    select
        charges.charge_id,
        charges.amount_cents,
        coalesce(charges.trip_id, charges.member_id) as draw,
        charges.charged_at
    from {{ raw_table('charges') }} as charges
    where charges.charge_status = 'paid'
),

given as (
    select
        *,
        charged_at + (20 + {{ scatter('draw', 91, 4300) }}) * interval '1 minute' as refunded_at
    from candidates
    where {{ scatter('draw', 92, 1000) }} < 25
)

select
    'F-' || charge_id as refund_id,
    charge_id,
    cast(case when {{ scatter('draw', 93, 100) }} < 60 then amount_cents else floor(amount_cents / 2.0) end as integer) as amount_cents,
    case
        when {{ scatter('draw', 94, 100) }} < 45 then 'faulty_bike'
        when {{ scatter('draw', 94, 100) }} < 75 then 'dock_full'
        else 'goodwill'
    end as reason,
    refunded_at,
    refunded_at + interval '5 minutes' as loaded_at
from given
where
    refunded_at + interval '5 minutes' > {{ newest('refunds') }}
    and refunded_at + interval '5 minutes' <= {{ feed_now() }};
{% endmacro %}
