{{ config(fail_calc='sum(n)') }} select 3 as n where false
