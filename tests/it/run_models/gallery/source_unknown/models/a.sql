select * from {{ source('erp', 'ordrs') }}
