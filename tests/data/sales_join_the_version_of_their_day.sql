-- From the other side: a sale's product version is of its product, and holds on its day.
select
    sales.order_id,
    sales.line_number
from {{ ref('fct_sales') }} as sales
inner join {{ ref('dim_product_scd') }} as versions on sales.product_version_key = versions.product_version_key
where
    sales.product_key <> versions.product_key
    or sales.order_date not between versions.valid_from and versions.valid_to
