{{ config(pre_hook="insert into runs values (1)", post_hook=["insert into runs values (2)", "insert into runs values (3)"]) }}
select o.id, n.extra, h.id as hidden
from {{ ref('orders', v=1) }} o
join {{ ref('orders') }} n using (id)
join {{ ref('stg_hidden') }} h using (id)
join {{ ref('tools', 'tool_model') }} t using (id)
