{{ config(materialized='table', post_hook=["insert into log values (7)", "insert into log select count(*) from {{ this }}"], pre_hook="insert into log values (6)") }}
with k as (select * from {{ ref('kinds') }})
select e.id, k.label, k.day, k.amount from {{ ref('eph2') }} e join k using (id)
