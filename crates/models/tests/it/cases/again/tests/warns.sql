{{ config(severity='warn') }} select 1 as a
