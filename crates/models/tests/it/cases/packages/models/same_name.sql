select 'root' as owner, (select count(*) from {{ ref('tools', 'same_name') }}) as others
