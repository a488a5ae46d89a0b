select
    order_id,
    line_number,
    cast(order_dt as date) as delivery_date,
    product_id,
    qty as quantity,
    unit_price,
    -- Shares of 1: 0.1 is ten per cent.
    line_discount_pct as discount_rate,
    tax_pct as tax_rate,
    {{ audit_columns() }}
from {{ source('bronze', 'orders_lines') }}
