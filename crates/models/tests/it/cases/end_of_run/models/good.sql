{{ config(materialized='table', pre_hook="{{ say('pre', this.identifier) }}", post_hook=[after_commit("{{ say('post', model.alias) }}")]) }}
select 1 as id
