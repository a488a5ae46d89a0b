{{ config(fail_calc='sum(n)', severity='warn') }} select 3 as n
