{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': true}, {'columns': ['name']}]) }}
select * from {{ ref('customers') }}
