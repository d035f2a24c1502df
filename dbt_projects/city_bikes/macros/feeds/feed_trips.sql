{#
    The dock controllers: one possible trip every two minutes, taken more often at rush hour and less in
    the rain. A trip arrives a minute or so after the bike is back, so the order of arrival is not the
    order of departure. About one dock clock in 800 runs behind and reports a return before the start.
#}
{% macro land_trips() %}
{%- set first_slot = history_epoch() // 120 %}
{%- set last_slot = feed_now_epoch() // 120 %}
create table if not exists {{ raw_table('trips') }} (
    trip_id bigint,
    bike_id integer,
    member_id integer,
    start_station_id integer,
    end_station_id integer,
    started_at timestamp,
    ended_at timestamp,
    distance_m integer,
    unlock_channel varchar(8),
    loaded_at timestamp
);
insert into {{ raw_table('trips') }}
with slots as (
    select
        slots.slot,
        slots.slot * 120 + {{ scatter('slots.slot', 31, 110) }} as started_epoch,
        240 + {{ scatter('slots.slot', 32, 1500) }}
        + case when {{ scatter('slots.slot', 33, 100) }} < 8 then 2400 else 0 end as ride_seconds,
        cast(floor(slots.slot / 720.0) as bigint) as day_number,
        cast(floor(slots.slot / 30.0) as bigint) % 24 as hour_number
    from generate_series({{ first_slot }}, {{ last_slot }}) as slots (slot)
),

arriving as (
    select
        *,
        started_epoch + ride_seconds + 60 + {{ scatter('slot', 34, 60) }} as loaded_epoch,
        (day_number + 4) % 7 as weekday_number,
        cast(floor((started_epoch - {{ opening_epoch() }}) / 36000.0) as bigint) - 1 as members_by_then
    from slots
),

wanted as (
    select
        *,
        case
            when hour_number < 5 then 4
            when weekday_number in (0, 6) and hour_number between 10 and 19 then 62
            when weekday_number in (0, 6) then 16
            when hour_number in (7, 8, 17, 18) then 86
            when hour_number in (6, 9, 16, 19) then 58
            when hour_number >= 22 then 12
            else 38
        end as demand
    from arriving
    where
        {{ epoch_to_timestamp('loaded_epoch') }} > {{ newest('trips') }}
        and loaded_epoch <= {{ feed_now_epoch() }}
),

taken as (
    select
        *,
        1 + greatest(
            {{ scatter('slot', 35, 'members_by_then') }},
            {{ scatter('slot', 36, 'members_by_then') }}
        ) as candidate_id
    from wanted
    where
        {{ scatter('slot', 37, 100) }}
        < demand * case when {{ scatter('day_number', 61, 100) }} < 28 then 0.6 else 1.0 end
)

select
    taken.slot as trip_id,
    cast(11 + {{ scatter('taken.slot', 38, 160) }} as integer) as bike_id,
    case when {{ scatter('taken.slot', 39, 100) }} >= 12 then riders.member_id end as member_id,
    cast(1 + least({{ scatter('taken.slot', 40, 24) }}, {{ scatter('taken.slot', 41, 32) }}) as integer) as start_station_id,
    cast(1 + least({{ scatter('taken.slot', 42, 24) }}, {{ scatter('taken.slot', 43, 36) }}) as integer) as end_station_id,
    {{ epoch_to_timestamp('taken.started_epoch') }} as started_at,
    case
        when {{ scatter('taken.slot', 44, 800) }} = 0
            then {{ epoch_to_timestamp('taken.started_epoch - 60 * (1 + ' ~ scatter('taken.slot', 45, 9) ~ ')') }}
        else {{ epoch_to_timestamp('taken.started_epoch + taken.ride_seconds') }}
    end as ended_at,
    cast(floor(taken.ride_seconds * (20 + {{ scatter('taken.slot', 46, 25) }}) / 10.0) as integer) as distance_m,
    case
        when {{ scatter('taken.slot', 47, 100) }} < 71 then 'app'
        when {{ scatter('taken.slot', 47, 100) }} < 92 then 'card'
        else 'kiosk'
    end as unlock_channel,
    {{ epoch_to_timestamp('taken.loaded_epoch') }} as loaded_at
from taken
left join {{ raw_table('members') }} as riders
    on
        riders.member_id = taken.candidate_id
        and riders.joined_at <= {{ epoch_to_timestamp('taken.started_epoch') }}
        and (riders.cancelled_at is null or riders.cancelled_at > {{ epoch_to_timestamp('taken.started_epoch') }});
{% endmacro %}
