{{ config(persist_docs={'relation': false, 'columns': true}) }}
select id from {{ ref('t') }}
