{{ config(options={'partition_by': 'name', 'overwrite_or_ignore': 1}) }}
select * from {{ ref('out_csv') }}
