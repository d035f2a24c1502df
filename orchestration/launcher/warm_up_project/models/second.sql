select first.id, letters.letter, {{ twice("first.id") }} as doubled
from {{ ref("first") }} as first
join {{ ref("letters") }} as letters using (id)
