with as_of as (

    select as_of_date from {{ ref('as_of') }}

),

orders_by_store as (

    select
        stores.store_key,
        count(*) as order_count
    from {{ ref('orders') }} as orders
    inner join {{ ref('stores') }} as stores on orders.store_id = stores.store_id
    group by stores.store_key

),

members as (

    select
        stores.*,
        as_of.as_of_date,
        coalesce(orders_by_store.order_count, 0) as order_count,
        -- Share of the stores of the channel with no more orders than this one.
        cume_dist() over (
            partition by stores.channel
            order by coalesce(orders_by_store.order_count, 0)
        ) as standing
    from {{ ref('stores') }} as stores
    cross join as_of
    left join orders_by_store on stores.store_key = orders_by_store.store_key
    where stores.is_survivor = 1

)

select
    store_key,
    store_id,
    store_code,
    store_name,
    coalesce(channel, 'unknown') as channel,
    region,
    state,
    latitude,
    longitude,
    open_date,
    close_date,
    cast(greatest({{ years_between('open_date', 'least(as_of_date, close_date)') }}, 0) as integer) as age_years,
    cast(order_count as integer) as order_count,
    case
        when standing > 0.8 then 'Large'
        when standing > 0.4 then 'Medium'
        else 'Small'
    end as size_category,
    case
        when close_date <= as_of_date then 'Closed'
        when open_date > as_of_date then 'Planned'
        else 'Open'
    end as operational_status,
    is_latitude_impossible,
    is_longitude_impossible
from members

{% call union_all_by_name([
    'store_key', 'store_id', 'store_code', 'store_name', 'channel', 'region', 'state', 'latitude', 'longitude',
    'open_date', 'close_date', 'age_years', 'order_count', 'size_category', 'operational_status',
    'is_latitude_impossible', 'is_longitude_impossible'
]) -%}
select
    cast({{ unknown_key() }} as bigint) as store_key,
    cast({{ unknown_key() }} as bigint) as store_id,
    'Unknown' as store_code,
    'Unknown' as store_name,
    'unknown' as channel,
    'Unknown' as region,
    'Unknown' as state,
    cast(0 as integer) as order_count,
    'Unknown' as size_category,
    'Unknown' as operational_status,
    cast(0 as integer) as is_latitude_impossible,
    cast(0 as integer) as is_longitude_impossible
{%- endcall %}
