select id, amount::decimal(10,2) as amount, label, date '2024-01-01' as day from {{ ref('raw') }}
