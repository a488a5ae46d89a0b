{{ config(schema='other', post_hook="{{ note('view', this.schema) }}") }}
select * from {{ ref('a') }}
