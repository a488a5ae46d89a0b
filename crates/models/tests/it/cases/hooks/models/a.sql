{{ config(materialized='table', pre_hook=["{{ note('before', this) }}", {'sql': "{{ note('outside', 1) }}", 'transaction': false}],
          post_hook=[after_commit("{{ note('committed', model.name) }}"), in_transaction("{{ note('inside', model.alias) }}")]) }}
select 1 as id
