{{ config(materialized='table') }}
select * from (values (1, 10, date '2024-01-01'), (2, 11, date '2024-01-01'), (3, 12, date '2024-01-30'), (4, 10, date '2024-03-04'), (5, 13, date '2024-03-04')) t(visit_id, customer_id, visited_on)
