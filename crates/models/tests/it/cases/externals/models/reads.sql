select count(*) as n, (select count(*) from {{ ref('empty') }}) as none, (select sum(id) from {{ ref('parts') }}) as total from {{ ref('as_csv') }}
