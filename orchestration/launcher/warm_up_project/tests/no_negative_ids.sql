select * from {{ ref("first") }} where id < 0
