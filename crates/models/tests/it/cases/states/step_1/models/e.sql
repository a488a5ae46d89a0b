select count(*) as n from {{ ref('d') }}
