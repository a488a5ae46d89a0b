{{ config(materialized='table') }}
select unnest(generate_series(date '2023-12-25', date '2024-04-05', interval 1 day))::date as date_day
