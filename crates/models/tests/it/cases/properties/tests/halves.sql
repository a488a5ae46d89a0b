{{ config(fail_calc='sum(n) / 2', severity='warn') }} select 3 as n
