{#- What counts as a defect is said here once, and asked by the silver models and by data_quality_log. A null is
    no defect, unless the name says `missing`. -#}

{% macro is_email_malformed(email) -%}
    coalesce(not regexp_full_match({{ email }}, '[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}'), false)
{%- endmacro %}

{% macro is_latitude_impossible(latitude) -%}
    coalesce({{ latitude }} not between -90 and 90, false)
{%- endmacro %}

{% macro is_longitude_impossible(longitude) -%}
    coalesce({{ longitude }} not between -180 and 180, false)
{%- endmacro %}

{% macro is_price_missing(price) -%}
    coalesce({{ price }} <= 0, true)
{%- endmacro %}

{% macro is_not_positive(value) -%}
    coalesce({{ value }} <= 0, false)
{%- endmacro %}

{% macro is_share_impossible(rate) -%}
    coalesce({{ rate }} not between 0 and 1, false)
{%- endmacro %}

{% macro is_temperature_impossible(temperature) -%}
    coalesce({{ temperature }} not between -30 and 60, false)
{%- endmacro %}

{% macro is_humidity_impossible(humidity) -%}
    coalesce({{ humidity }} not between 0 and 100, false)
{%- endmacro %}


{#- The findings of one kind, as a select of the columns of data_quality_log. `key` lists the columns of the feed's
    primary key, `relation` is where to look, `condition` what makes a row a finding. -#}
{% macro findings(feed, code, column, relation, key, condition, value=none, severity='defect') %}
    select
        '{{ feed }}' as feed,
        '{{ code }}' as code,
        '{{ severity }}' as severity,
        concat_ws('|', {{ key | join(', ') }}) as row_key,
        '{{ column }}' as column_name,
        cast({{ value or column }} as varchar) as delivered_value,
        ingestion_ts,
        src_filename,
        src_row_number
    from {{ relation }}
    where {{ condition }}
{% endmacro %}


{#- The rows of a relation that are a second, third … row of their key in one file and delivery. -#}
{% macro repeated_rows(relation, key) %}
    select *
    from {{ relation }}
    where ({{ key | join(', ') }}) in (
        select ({{ key | join(', ') }})
        from {{ relation }}
        group by {{ key | join(', ') }}, src_filename, ingestion_ts
        having count(*) > 1
    )
    qualify row_number() over (
        partition by {{ key | join(', ') }}, src_filename, ingestion_ts
        order by src_row_number, src_row_hash
    ) > 1
{% endmacro %}
