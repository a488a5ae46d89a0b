{{ config(materialized='table') }}
select * from (values (10, 'Ada', 'north', date '2023-12-01'), (11, 'Bob', 'south', date '2024-01-01'), (12, 'Cy', 'north', date '2024-02-01')) t(customer_id, name, region, joined_on)
