{{ config(tags=['single']) }}
select * from {{ ref('m1') }} join {{ ref('stg_c') }} using (id) where id < 0
