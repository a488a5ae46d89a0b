-- A snapshot remembers, run by run; the versions are worked out anew from all deliveries in bronze. Both must say the same of every
-- version that bronze can still tell. (A snapshot may know older ones, of deliveries that bronze no longer has.)
{%- set pairs = [
    [ref('product_versions'), ref('products_snapshot')],
    [ref('customer_address_versions'), ref('customers_snapshot')],
] %}

{%- for versions, snapshot in pairs %}

select '{{ snapshot.identifier }} lacks' as difference, count(*) as row_count
from (
    select * from {{ versions }}
    except
    select * exclude (dbt_scd_id, dbt_updated_at, dbt_valid_from, dbt_valid_to)
    from {{ snapshot }}
    where dbt_valid_to is null
)
having count(*) > 0
union all
select '{{ snapshot.identifier }} has too many' as difference, count(*) as row_count
from (
    select * exclude (dbt_scd_id, dbt_updated_at, dbt_valid_from, dbt_valid_to)
    from {{ snapshot }}
    where
        dbt_valid_to is null
        and ingestion_ts >= (select min(ingestion_ts) from {{ ref('dimension_deliveries') }})
    except
    select * from {{ versions }}
)
having count(*) > 0
{{ 'union all' if not loop.last }}
{%- endfor %}
