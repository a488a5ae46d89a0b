{{ config(tags='fresh', meta={'owner': 'a'}) }}
select id, code from {{ ref('kinds') }}
