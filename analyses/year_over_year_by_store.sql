with by_year as (

    select
        sales.store_key,
        dates.calendar_year,
        sum(sales.net_amount_aud) as net_amount_aud
    from {{ ref('fct_sales') }} as sales
    inner join {{ ref('dim_date') }} as dates on sales.date_key = dates.date_key
    group by sales.store_key, dates.calendar_year

)

select
    stores.store_name,
    this_year.calendar_year,
    this_year.net_amount_aud,
    last_year.net_amount_aud as net_amount_aud_last_year,
    -- Null without a prior year.
    cast(this_year.net_amount_aud as double) / nullif(last_year.net_amount_aud, 0) - 1 as growth
from by_year as this_year
inner join {{ ref('dim_store') }} as stores on this_year.store_key = stores.store_key
left join by_year as last_year
    on this_year.store_key = last_year.store_key and this_year.calendar_year = last_year.calendar_year + 1
order by this_year.calendar_year, stores.store_name, stores.store_key
