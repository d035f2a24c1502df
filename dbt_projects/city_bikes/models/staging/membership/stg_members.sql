select
    member_id,
    full_name,
    lower(email) as email,
    birth_year,
    plan_code,
    home_district_id,
    marketing_opt_in,
    joined_at,
    cancelled_at,
    cancelled_at is null as is_active
from {{ source('membership_app', 'members') }}
