{#- What macros/engines.sql, keys.sql and others write for DuckDB, for Spark. It keeps to what Spark 3.5 and Sail both have: no
    `qualify`, no `except` in a select list, no name of a column in the select list that makes it. -#}

{#- A point in time is a TIMESTAMP there, which every session shows and reads in UTC. -#}
{% macro spark__to_utc(column) -%}
    {{ column }}
{%- endmacro %}

{% macro spark__text_to_utc(column) -%}
    try_cast(case when {{ column }} rlike '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$' then {{ column }} else {{ column }} || 'Z' end as timestamp)
{%- endmacro %}

{% macro spark__text_type() -%}
    string
{%- endmacro %}


{#- The number of `md5_number_lower`: the last eight bytes, the last one first. In two halves, because `conv` is not defined
    for all 64 bits everywhere. -#}
{% macro spark__surrogate_key(columns) -%}
    {%- set digits -%}
        md5({{ spark__joined_key(columns) }})
    {%- endset -%}
    (shiftleft({{ spark_number_of(digits, [31, 29, 27, 25]) }}, 31) + shiftright({{ spark_number_of(digits, [23, 21, 19, 17]) }}, 1))
{%- endmacro %}

{% macro spark_number_of(digits, positions) -%}
    cast(conv(concat({% for position in positions %}substr({{ digits }}, {{ position }}, 2){{ ', ' if not loop.last }}{% endfor %}), 16, 10) as bigint)
{%- endmacro %}


{% macro spark__first_rows(relation, key, order, where) -%}
(
    select *, row_number() over (partition by {{ key }} order by {{ order }}) as row_of_key
    from {{ relation }}
    {%- if where %}
    where {{ where }}
    {%- endif %}
) as numbered
where row_of_key = 1
{%- endmacro %}

{% macro spark__rows_above_the_least(relation, column, key) -%}
    select *
    from (
        select *, min({{ column }}) over (partition by {{ key | join(', ') }}) as least_of_key
        from {{ relation }}
    ) as compared
    where {{ column }} > least_of_key
{%- endmacro %}

{% macro spark__repeated_rows(cte, key) -%}
    select *
    from (
        select *, row_number() over (partition by {{ key | join(', ') }}, src_filename, ingestion_ts order by src_row_number) as row_of_key
        from {{ cte }}
    ) as numbered
    where row_of_key > 1
{%- endmacro %}

{% macro spark__all_but(alias, columns, relation) -%}
    {%- set kept = [] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(relation) if column.name not in columns -%}
            {%- do kept.append(alias ~ '.' ~ column.name) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ kept | join(',\n        ') }}
{%- endmacro %}

{#- The names of the columns of a query are behind ` as ` at the end of its lines. -#}
{% macro spark__union_all_by_name(columns, query) -%}
    {%- set known = modules.re.findall(' as ([a-z0-9_]+),?(?:\n|$)', query) -%}
union all

select
    {%- for column in columns %}
    {{ column if column in known else 'null' }} as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from (
{{ query }}
) as further
{%- endmacro %}

{% macro spark__computed_once() -%}
{%- endmacro %}

{% macro spark__any_order(columns) -%}
    (order by {{ columns }})
{%- endmacro %}

{% macro spark__last_known(value) -%}
    last_value({{ value }}) ignore nulls
{%- endmacro %}

{#- Apache Spark's own cast rounds the shortest text of the number: 23.48625, which is a little less than that, to 23.4863. -#}
{% macro spark__double_to_decimal(value) -%}
    cast(round(({{ value }}) * 10000) / 10000 as decimal(9, 4))
{%- endmacro %}


{#- A backslash in a text is written as two of them. -#}
{% macro spark__is_full_match(text, pattern) -%}
    {{ text }} rlike '^({{ pattern | replace("\\", "\\\\") }})$'
{%- endmacro %}

{% macro spark__json_member(document, path) -%}
    get_json_object({{ document }}, '{{ path }}')
{%- endmacro %}

{% macro spark__json_members(document, paths) -%}
    array(
            {%- for path in paths.split(',') %}
            get_json_object({{ document }}, {{ path | trim }}){{ ',' if not loop.last }}
            {%- endfor %}
        )
{%- endmacro %}


{% macro spark__days_between(first, second) -%}
    datediff({{ second }}, {{ first }})
{%- endmacro %}

{% macro spark__seconds_between(first, second) -%}
    (unix_timestamp({{ second }}) - unix_timestamp({{ first }}))
{%- endmacro %}

{% macro spark__years_between(first, second) -%}
    floor(months_between({{ second }}, {{ first }}) / 12)
{%- endmacro %}

{#- `weekday` of Sail is not Spark's; `dayofweek`, of which Sunday is 1, is. -#}
{% macro spark__iso_weekday(day) -%}
    ((dayofweek({{ day }}) + 5) % 7 + 1)
{%- endmacro %}

{% macro spark__iso_week(day) -%}
    weekofyear({{ day }})
{%- endmacro %}

{#- A week belongs to the year of its Thursday. -#}
{% macro spark__iso_year(day) -%}
    year(date_add({{ day }}, 4 - {{ spark__iso_weekday(day) }}))
{%- endmacro %}

{% macro spark__day_as_text(day, form) -%}
    {%- if form == '%G-W%V' -%}
    concat({{ spark__iso_year(day) }}, '-W', lpad({{ spark__iso_week(day) }}, 2, '0'))
    {%- else -%}
    date_format({{ day }}, '{{ {"%A": "EEEE", "%B": "MMMM", "%Y-%m": "yyyy-MM"}[form] }}')
    {%- endif -%}
{%- endmacro %}

{% macro spark__days_from(first, last) -%}
    select explode(sequence(date '{{ first }}', date '{{ last }}', interval 1 day)) as full_date
{%- endmacro %}

{% macro spark__joined_text(column) -%}
    array_join(array_sort(collect_list({{ column }})), ', ')
{%- endmacro %}

{% macro spark__sha256_of(text) -%}
    sha2({{ text }}, 256)
{%- endmacro %}

{#- Sail's `concat_ws` has a form of its own for a point in time. -#}
{% macro spark__joined_key(columns) -%}
    concat_ws('|'{% for column in columns %}, cast({{ column }} as string){% endfor %})
{%- endmacro %}

{% macro spark__holiday(day, name) -%}
    named_struct('holiday_date', {{ day }}, 'holiday_name', {{ name | replace("''", "\\'") }})
{%- endmacro %}

{% macro spark__unnested(values) -%}
    explode(array({{ values }}))
{%- endmacro %}

{% macro spark__failed_rows_of(checks) -%}
    array(
            {%- for check, dimension, failing in checks %}
            named_struct(
                'check_name', '{{ check }}',
                'quality_dimension', '{{ dimension }}',
                'rows_failed', count(*) filter (where {{ failing }})
            ){{ ',' if not loop.last }}
            {%- endfor %}
        )
{%- endmacro %}

{% macro spark__columns_of_each(list) -%}
    inline({{ list }})
{%- endmacro %}


{% macro spark__survivors_of(key, preference, counted) -%}
survivors as (

    select *
    from (
        select
            *,
            cast(count(*) over (partition by {{ key | join(', ') }}) as integer) as delivered_rows,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by {% if preference %}{{ preference }}, {% endif %}{{ survivor_order() }}
            ) as row_of_key
        from delivered
    ) as numbered
    where row_of_key = 1

)
{%- endmacro %}

{% macro spark__versions_of(key, attributes) -%}
compared as (

    select
        *,
        {%- for attribute in attributes %}
        lag({{ attribute }}) over by_key as previous_{{ attribute }},
        {%- endfor %}
        row_number() over by_key as delivery_of_key
    from delivered
    window by_key as (partition by {{ key }} order by ingestion_ts)

),

versions as (

    select *
    from (
        select *, row_number() over (partition by {{ key }}, effective_from order by ingestion_ts desc) as version_of_day
        from compared
        where
            delivery_of_key = 1
            {%- for attribute in attributes %}
            or {{ attribute }} is distinct from previous_{{ attribute }}
            {%- endfor %}
    ) as numbered
    where version_of_day = 1

)
{%- endmacro %}

{% macro spark__counted_lines(lines) -%}
    select
        *,
        case when excluded then 0 else {{ amount_product('(gross - discount)', 'coalesce(tax_rate, 0)') }} end as tax
    from (
        select
            *,
            case when excluded then 0 else {{ amount_product('gross', 'coalesce(discount_rate, 0)') }} end as discount
        from (
            select
                *,
                case when excluded then 0 else {{ amount_product('quantity', 'unit_price') }} end as gross
            from (
                select *, quantity_invalid or price_invalid or discount_invalid or tax_invalid as excluded
                from {{ lines }}
            ) as judged
        ) as valued
    ) as discounted
{%- endmacro %}

{#- Sail 0.7 fails where it compares a sum of decimals with a number: it makes one side wider than the other. -#}
{% macro spark__is_zero(expression) -%}
    cast({{ expression }} as double) = 0
{%- endmacro %}

{#- One letter of the algorithm after the other, each with those before it. -#}
{% macro spark__easter_sundays(years) -%}
    {%- set letters = [
        ['a', 'calendar_year % 19'],
        ['b', 'calendar_year div 100'],
        ['c', 'calendar_year % 100'],
        ['d', 'b div 4'],
        ['e', 'b % 4'],
        ['f', '(b + 8) div 25'],
        ['g', '(b - f + 1) div 3'],
        ['h', '(19 * a + b - d - g + 15) % 30'],
        ['i', 'c div 4'],
        ['k', 'c % 4'],
        ['l', '(32 + 2 * e + 2 * i - h - k) % 7'],
        ['m', '(a + 11 * h + 22 * l) div 451'],
    ] -%}
    {%- set steps = namespace(relation=years) -%}
    {%- for letter, formula in letters -%}
        {%- set steps.relation = '(select *, ' ~ formula ~ ' as ' ~ letter ~ ' from ' ~ steps.relation ~ ') as up_to_' ~ letter -%}
    {%- endfor -%}
    select
        calendar_year,
        make_date(
            calendar_year,
            cast((h + l - 7 * m + 114) div 31 as integer),
            cast((h + l - 7 * m + 114) % 31 + 1 as integer)
        ) as easter_sunday
    from {{ steps.relation }}
{%- endmacro %}


{#- Makes the tables of bronze known to the server, before the first run and, on a server that forgets them, before each:
    `ingot dbt run-operation bronze_tables --args '{lake: /data/lake}'`. The lake is where the server finds it. -#}
{% macro bronze_tables(lake) %}
    {%- do run_query('create schema if not exists bronze') -%}
    {%- for node in graph.sources.values() if node.source_name == 'bronze' -%}
        {%- do run_query('create table if not exists bronze.' ~ node.identifier ~ " using delta location '" ~ lake ~ '/bronze/delta/' ~ node.name ~ "'") -%}
    {%- endfor -%}
{% endmacro %}
