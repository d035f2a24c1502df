{# The membership app: every member as of now, sent in full. Somebody joins about every ten hours. #}
{% macro land_members() %}
{%- set first_names = 'Ada,Bruno,Chiara,Daan,Elif,Farid,Greta,Hugo,Ines,Jonas,Karin,Luca,Mara,Nils,Olga,Pavel,Rosa,Sven,Tilda,Umar,Vera,Wout,Yara,Zoe' -%}
{%- set last_names = 'Aalto,Berg,Costa,Dekker,Engel,Fischer,Garcia,Haas,Ivanov,Jansen,Keller,Lopez,Moreau,Novak,Olsen,Peters,Ricci,Silva,Tanaka,Visser,Weber' %}
create table if not exists {{ raw_table('members') }} (
    member_id integer,
    full_name varchar(80),
    email varchar(120),
    birth_year integer,
    plan_code varchar(16),
    home_district_id integer,
    marketing_opt_in boolean,
    joined_at timestamp,
    cancelled_at timestamp,
    updated_at timestamp,
    loaded_at timestamp
);
delete from {{ raw_table('members') }};
insert into {{ raw_table('members') }}
with numbered as (
    select
        cast(numbers.member_id as integer) as member_id,
        {{ opening_epoch() }} + numbers.member_id * 36000 + {{ scatter('numbers.member_id', 11, 30000) }} as joined_epoch
    from generate_series(1, {{ (feed_now_epoch() - opening_epoch()) // 36000 }}) as numbers (member_id)
),

planned as (
    select
        member_id,
        joined_epoch,
        case
            when {{ scatter('member_id', 12, 100) }} < 25
                then joined_epoch + (60 + {{ scatter('member_id', 13, 500) }}) * 86400
        end as cancelled_epoch,
        case
            when {{ scatter('member_id', 14, 100) }} < 30
                then joined_epoch + (90 + {{ scatter('member_id', 15, 400) }}) * 86400
        end as switched_epoch,
        {{ scatter('member_id', 16, 100) }} as plan_draw,
        split_part('{{ first_names }}', ',', cast(1 + {{ scatter('member_id', 17, 24) }} as integer)) as first_name,
        split_part('{{ last_names }}', ',', cast(1 + {{ scatter('member_id', 18, 21) }} as integer)) as last_name
    from numbered
    where joined_epoch <= {{ feed_now_epoch() }}
),

as_of_now as (
    select
        *,
        case when cancelled_epoch <= {{ feed_now_epoch() }} then cancelled_epoch end as cancelled_so_far,
        case when switched_epoch <= {{ feed_now_epoch() }} then switched_epoch end as switched_so_far
    from planned
)

select
    member_id,
    first_name || ' ' || last_name as full_name,
    lower(first_name) || '.' || lower(last_name) || member_id || '@'
    || case when plan_draw < 20 then 'student.example.edu' when plan_draw < 70 then 'example.com' else 'example.org' end as email,
    cast(1955 + {{ scatter('member_id', 19, 52) }} as integer) as birth_year,
    case
        when plan_draw < 20 then 'student'
        when plan_draw < 32 then 'corporate'
        when switched_so_far is not null then 'annual'
        when plan_draw < 80 then 'monthly'
        else 'annual'
    end as plan_code,
    cast(1 + {{ scatter('member_id', 20, 6) }} as integer) as home_district_id,
    {{ scatter('member_id', 21, 100) }} < 40 as marketing_opt_in,
    {{ epoch_to_timestamp('joined_epoch') }} as joined_at,
    {{ epoch_to_timestamp('cancelled_so_far') }} as cancelled_at,
    {{ epoch_to_timestamp('greatest(joined_epoch, coalesce(cancelled_so_far, 0), coalesce(switched_so_far, 0))') }} as updated_at,
    {{ feed_now() }} as loaded_at
from as_of_now;
{% endmacro %}
