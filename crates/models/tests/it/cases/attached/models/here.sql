{{ config(materialized='table') }}
select i.*, s.id as sid, (select n from {{ ref('v') }}) as n, current_setting('default_null_order') as s from {{ ref('inc') }} i join {{ source('far', 'things') }} s using (id)
