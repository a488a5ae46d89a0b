-- The net total of fct_sales, worked out from bronze in another way: the newest row of each line by arg_min, no flags.
with lines as (

    select
        order_id,
        line_number,
        arg_min(
            struct_pack(quantity := qty, price := unit_price, discount := coalesce(line_discount_pct, 0), tax := coalesce(tax_pct, 0)),
            row(-epoch_us(ingestion_ts at time zone 'UTC'), src_filename, src_row_number)
        ) as line
    from {{ source('bronze', 'orders_lines') }}
    group by order_id, line_number

),

expected as (

    select
        count(*) as row_count,
        coalesce(sum(
            round(cast(line.quantity as decimal(22, 4)) * line.price, 4)
            - round(cast(line.quantity * line.price as decimal(22, 4)) * line.discount, 4)
        ) filter (where line.quantity > 0 and line.price > 0 and cast(line.quantity as double) * cast(line.price as double) < 1e12 and line.discount between 0 and 1 and line.tax between 0 and 1), 0) as net
    from lines

),

actual as (

    select
        count(*) as row_count,
        coalesce(sum(net_amount), 0) as net
    from {{ ref('fct_sales') }}

)

select
    actual.row_count as rows_in_gold,
    expected.row_count as rows_in_bronze,
    actual.net as net_in_gold,
    expected.net as net_in_bronze
from actual
cross join expected
where actual.row_count <> expected.row_count or actual.net <> expected.net
