{{ config(materialized='table', partition_by=['month'], tblproperties={'made_by': 'a test'}) }}
select sum(o.amount) as amount, sum(d.twice) as twice, {{ dbt.date_trunc('month', 'o.ordered_on') }} as started,
       date_format(o.ordered_on, 'yyyy-MM') as month
from {{ ref('stg_orders') }} o join {{ ref('doubled') }} d on d.order_id = o.order_id
group by 3, 4
