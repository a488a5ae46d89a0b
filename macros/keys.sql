{#- A surrogate key: BIGINT from 0 up, a function of the natural key alone. It needs no memory, so an
    incremental run and a full refresh give the same keys. Two natural keys with one surrogate would
    fail the `unique` test of the dimension; at a million members the odds are one in ten million. -#}
{% macro surrogate_key(columns) -%}
    cast(md5_number_lower(concat_ws('|'
    {%- for column in columns -%}
        , cast({{ column }} as varchar)
    {%- endfor -%}
    )) >> 1 as bigint)
{%- endmacro %}


{#- The key of the member that stands for all that is not known. Every dimension has it. -#}
{% macro unknown_key() -%}
    -1
{%- endmacro %}


{#- Which of several rows of one key survives: the newest delivery; within a delivery, the row that
    came first. The last terms make the order total, so that every run picks the same row. -#}
{% macro survivor_order() -%}
    ingestion_ts desc, src_filename, src_row_number, src_row_hash
{%- endmacro %}


{#- The newest delivery that an incremental model has seen. -#}
{% macro newest_ingestion() -%}
    (select coalesce(max(ingestion_ts), timestamp '1970-01-01 00:00:00') from {{ this }})
{%- endmacro %}


{#- CTEs that leave one row of each key: `survivors`, made from the CTE `delivered`, with a further column
    delivered_rows, how many rows of its key there are. Almost every key has one row, so the few that have more are
    found by counting, and only they are sorted. `preference` goes before the usual order. -#}
{% macro survivors_of(key, preference=none) -%}
repeated_keys as materialized (

    select
        {{ key | join(', ') }},
        cast(count(*) as integer) as delivered_rows
    from delivered
    group by {{ key | join(', ') }}
    having count(*) > 1

),

survivors as (

    select
        *,
        cast(1 as integer) as delivered_rows
    from delivered
    anti join repeated_keys using ({{ key | join(', ') }})
    union all by name
    (
        select
            delivered.*,
            repeated_keys.delivered_rows
        from delivered
        inner join repeated_keys using ({{ key | join(', ') }})
        qualify row_number() over (
            partition by {{ key | join(', ') }}
            order by {% if preference %}{{ preference }}, {% endif %}{{ survivor_order() }}
        ) = 1
    )

)
{%- endmacro %}


{#- A day as the number YYYYMMDD, by arithmetic: formatting it as text is many times slower over millions of rows. -#}
{% macro date_key(day) -%}
    cast(year({{ day }}) * 10000 + month({{ day }}) * 100 + day({{ day }}) as integer)
{%- endmacro %}
