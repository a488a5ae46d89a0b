select * from {{ ref('after_test') }}
