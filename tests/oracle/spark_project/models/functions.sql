{{ config(materialized='table') }}
select
    cast({{ dbt.dateadd('day', 3, "cast('2024-01-30' as date)") }} as string) as in_three_days,
    cast({{ dbt.dateadd('month', 1, "cast('2024-01-31' as date)") }} as string) as next_month,
    {{ dbt.datediff("cast('2024-01-06' as date)", "cast('2024-01-15' as date)", 'week') }} as weeks,
    {{ dbt.datediff("cast('2023-11-15' as date)", "cast('2024-02-01' as date)", 'month') }} as months,
    {{ dbt.datediff("cast('2023-11-15' as date)", "cast('2024-02-01' as date)", 'year') }} as years,
    {{ dbt.datediff("cast('2024-01-01 10:00:00' as timestamp)", "cast('2024-01-01 12:30:00' as timestamp)", 'hour') }} as hours,
    {{ dbt.split_part("'a|b|c'", "'|'", 2) }} as second_part,
    {{ dbt.concat(["'a'", "'b'"]) }} as joined,
    {{ dbt.safe_cast("'7'", dbt.type_int()) }} as seven,
    {{ dbt.hash("'x'") }} as hashed,
    cast({{ dbt.last_day("cast('2024-02-10' as date)", 'month') }} as string) as last_of_month,
    {{ dbt.length("'four'") }} as four,
    {{ dbt.position("'b'", "'abc'") }} as place,
    '{{ dbt.escape_single_quotes("it's") }}' as quoted
