{{ config(materialized='table_function', parameters=['upper_bound', 'step']) }}
select range as n from range(0, upper_bound, step)
