select
    {{ surrogate_key(['supplier_id']) }} as supplier_key,
    supplier_id,
    supplier_code,
    supplier_name,
    country_code,
    case
        when country_code in ('AU', 'NZ') then 'Oceania'
        when country_code in ('BD', 'CN', 'HK', 'ID', 'IN', 'JP', 'KR', 'MY', 'PH', 'PK', 'SG', 'TH', 'TW', 'VN') then 'Asia'
        when country_code in ('AT', 'BE', 'CH', 'CZ', 'DE', 'DK', 'ES', 'FI', 'FR', 'GB', 'IE', 'IT', 'NL', 'NO', 'PL', 'PT', 'SE', 'TR') then 'Europe'
        when country_code in ('CA', 'MX', 'US') then 'North America'
        when country_code is null then 'Unknown'
        else 'Other'
    end as region,
    lead_time_days,
    case
        when lead_time_days <= 7 then 'Fast'
        when lead_time_days <= 21 then 'Standard'
        when lead_time_days > 21 then 'Slow'
        else 'Unknown'
    end as lead_time_tier,
    {{ flag('is_preferred') }} as is_preferred,
    is_lead_time_impossible
from {{ ref('suppliers') }}

{% call union_all_by_name([
    'supplier_key', 'supplier_id', 'supplier_code', 'supplier_name', 'country_code', 'region', 'lead_time_days',
    'lead_time_tier', 'is_preferred', 'is_lead_time_impossible'
]) -%}
select
    cast({{ unknown_key() }} as bigint) as supplier_key,
    cast({{ unknown_key() }} as bigint) as supplier_id,
    'Unknown' as supplier_code,
    'Unknown' as supplier_name,
    'Unknown' as country_code,
    'Unknown' as region,
    'Unknown' as lead_time_tier,
    cast(0 as integer) as is_preferred,
    cast(0 as integer) as is_lead_time_impossible
{%- endcall %}
