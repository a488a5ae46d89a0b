select t.id, t.code, p.whole, h.id as hooked from {{ ref('typed') }} t left join {{ ref('plain') }} p on p.whole = t.id join {{ ref('hooked') }} h on h.id = t.id
