{#- A surrogate key: BIGINT from 0 up, a function of the natural key alone. It needs no memory, so an
    incremental run and a full refresh give the same keys. Two natural keys with one surrogate would
    fail the `unique` test of the dimension; at a million members the odds are one in ten million. -#}
{% macro surrogate_key(columns) -%}
    {{ return(adapter.dispatch('surrogate_key')(columns)) }}
{%- endmacro %}

{% macro duckdb__surrogate_key(columns) -%}
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


{#- The newest delivery that an incremental model has seen, to compare with `ingestion_ts`, or with `loaded_at` if
    `zoned`. It is a value and not a subquery, so that rows of earlier deliveries need not be read: files of Parquet say
    in their footers between which values a column lies. -#}
{% macro newest_ingestion(zoned=false) -%}
    {%- set newest = run_query("select cast(coalesce(max(ingestion_ts), timestamp '1970-01-01 00:00:00') as " ~ text_type() ~ ") from " ~ this) -%}
    {% if zoned and target.type != 'spark' %}timestamptz '{{ newest.columns[0].values()[0] }}+00'{% else %}timestamp '{{ newest.columns[0].values()[0] }}'{% endif %}
{%- endmacro %}


{#- CTEs that leave one row of each key: `survivors`, made from the CTE `delivered`, with a further column
    delivered_rows, how many rows of its key there are. Almost every key has one row, so the few that have more are
    found by counting, and only they are sorted. `preference` goes before the usual order. With `counted`, `delivered`
    says how many rows each of its rows stands for: an earlier survivor stands for all that it has survived. -#}
{% macro survivors_of(key, preference=none, counted=false) -%}
    {{ return(adapter.dispatch('survivors_of')(key, preference, counted)) }}
{%- endmacro %}

{% macro duckdb__survivors_of(key, preference, counted) -%}
repeated_keys as materialized (

    select
        {{ key | join(', ') }},
        cast({% if counted %}sum(delivered_rows){% else %}count(*){% endif %} as integer) as delivered_rows
    from delivered
    group by {{ key | join(', ') }}
    having count(*) > 1

),

survivors as (

    select
        *{% if not counted %},
        cast(1 as integer) as delivered_rows{% endif %}
    from delivered
    anti join repeated_keys using ({{ key | join(', ') }})
    union all by name
    (
        select
            delivered.*{% if counted %} exclude (delivered_rows){% endif %},
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
