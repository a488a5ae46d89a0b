{{ config(severity='warn', tags=['single']) }}
select * from {{ ref('older') }} where id < 0
