{#- The first and the last day of the calendar of versions. -#}
{% macro beginning_of_time() -%}
    1900-01-01
{%- endmacro %}

{% macro end_of_time() -%}
    9999-12-31
{%- endmacro %}


{#- CTEs that find the versions of a thing in all its deliveries: `versions`, made from the CTE `delivered` (one row a key
    and delivery, with effective_from). A delivery makes a version if it differs from the delivery before it in any
    of `attributes`. Of two deliveries that hold from the same day the later corrects the earlier; the version
    stays, even if the correction takes the change back, so that a version once told never goes away. -#}
{% macro versions_of(key, attributes) -%}
    {{ return(adapter.dispatch('versions_of')(key, attributes)) }}
{%- endmacro %}

{% macro duckdb__versions_of(key, attributes) -%}
compared as (

    select
        *,
        row({{ attributes | join(', ') }}) as attribute_values,
        lag(attribute_values) over (partition by {{ key }} order by ingestion_ts) as previous_values
    from delivered

),

versions as (

    select * exclude (attribute_values, previous_values)
    from compared
    where previous_values is null or attribute_values is distinct from previous_values
    qualify row_number() over (partition by {{ key }}, effective_from order by ingestion_ts desc) = 1

)
{%- endmacro %}
