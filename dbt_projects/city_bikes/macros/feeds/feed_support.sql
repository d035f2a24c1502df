{# The support desk: about one trip in 90 leads to a ticket. Its export carries no load time. #}
{% macro land_tickets() %}
create table if not exists {{ raw_table('tickets') }} (
    ticket_id varchar(24),
    trip_id bigint,
    category varchar(24),
    opened_at timestamp,
    first_reply_minutes integer,
    satisfaction integer
);
insert into {{ raw_table('tickets') }}
with raised as (
    select
        trips.trip_id,
        trips.loaded_at + (5 + {{ scatter('trips.trip_id', 101, 600) }}) * interval '1 minute' as opened_at
    from {{ raw_table('trips') }} as trips
    where {{ scatter('trips.trip_id', 102, 90) }} = 0
)

select
    'T-' || trip_id as ticket_id,
    trip_id,
    case
        when {{ scatter('trip_id', 103, 100) }} < 40 then 'unlock_failed'
        when {{ scatter('trip_id', 103, 100) }} < 65 then 'damaged_bike'
        when {{ scatter('trip_id', 103, 100) }} < 85 then 'billing'
        else 'lost_item'
    end as category,
    opened_at,
    cast(2 + {{ scatter('trip_id', 104, 240) }} as integer) as first_reply_minutes,
    case when {{ scatter('trip_id', 105, 100) }} < 55 then cast(1 + {{ scatter('trip_id', 106, 5) }} as integer) end as satisfaction
from raised
where
    opened_at > {{ newest('tickets', 'opened_at') }}
    and opened_at <= {{ feed_now() }};
{% endmacro %}
