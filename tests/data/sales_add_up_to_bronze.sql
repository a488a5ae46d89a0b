-- The net total of fct_sales, worked out from bronze in another way: in whole numbers, without decimals, flags or windows. Amounts are
-- in ten-thousandths, and half of one is rounded up (nothing here is below zero).
with delivered as (

    select
        order_id,
        line_number,
        row(-epoch_us(ingestion_ts), src_filename, src_row_number) as place,
        case
            when cast(qty as double) * cast(unit_price as double) < 1e12
                then cast(cast(unit_price as decimal(18, 4)) * 10000 as bigint) * qty
        end as gross,
        coalesce(cast(line_discount_pct * 10000 as bigint), 0) as discount,
        coalesce(cast(tax_pct * 10000 as bigint), 0) as tax,
        qty > 0 and unit_price > 0 and gross is not null and discount between 0 and 10000 and tax between 0 and 10000 as is_sale
    from {{ source('bronze', 'orders_lines') }}

),

valued as (

    select
        order_id,
        line_number,
        place,
        case
            when not coalesce(is_sale, false) then 0
            when gross < 100000000000000 then gross - (gross * discount + 5000) // 10000
            else cast(gross - (cast(gross as hugeint) * discount + 5000) // 10000 as bigint)
        end as net
    from delivered

),

lines as (

    select
        order_id,
        line_number,
        min(net) as least_net,
        max(net) as greatest_net
    from valued
    group by order_id, line_number

),

-- Where the deliveries of a line disagree, the newest counts; within it, the first row.
disputed as (

    select
        order_id,
        line_number,
        arg_min(net, place) as net
    from valued
    where (order_id, line_number) in (select (order_id, line_number) from lines where least_net <> greatest_net)
    group by order_id, line_number

),

expected as (

    select
        count(*) as row_count,
        coalesce(sum(coalesce(disputed.net, lines.least_net)), 0) as net
    from lines
    left join disputed on lines.order_id = disputed.order_id and lines.line_number = disputed.line_number

),

actual as (

    select
        count(*) as row_count,
        coalesce(sum(net_amount), 0) * 10000 as net
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
