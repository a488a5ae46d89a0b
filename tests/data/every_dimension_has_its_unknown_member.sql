select 'dim_date' as dimension
where not exists (select 1 from {{ ref('dim_date') }} where date_key = {{ unknown_key() }})
union all
select 'dim_customer'
where not exists (select 1 from {{ ref('dim_customer') }} where customer_key = {{ unknown_key() }})
union all
select 'dim_product'
where not exists (select 1 from {{ ref('dim_product') }} where product_key = {{ unknown_key() }})
union all
select 'dim_store'
where not exists (select 1 from {{ ref('dim_store') }} where store_key = {{ unknown_key() }})
union all
select 'dim_supplier'
where not exists (select 1 from {{ ref('dim_supplier') }} where supplier_key = {{ unknown_key() }})
