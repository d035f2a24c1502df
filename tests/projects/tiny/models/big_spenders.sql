select customer from {{ ref('customers') }} where total > {{ var('least', 15) }}
