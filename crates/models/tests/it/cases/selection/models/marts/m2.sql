{{ config(tags=['weekly'], schema='x', group='people', access='private') }}
select id from {{ ref('m1') }}
