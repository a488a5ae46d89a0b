{{ config(materialized='table') }}
select * from (values
  (1, 10, date '2024-01-01', 5.0, 'web'),
  (2, 10, date '2024-01-02', 7.5, 'shop'),
  (3, 11, date '2024-01-02', 2.0, 'web'),
  (4, 12, date '2024-02-10', 4.0, 'web'),
  (5, 11, date '2024-02-11', 9.0, 'shop'),
  (6, 10, date '2024-03-05', 1.0, 'web')
) t(order_id, customer_id, ordered_on, amount, channel)
