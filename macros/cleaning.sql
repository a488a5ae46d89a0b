{#- Text without blanks around it; empty text is null. -#}
{% macro clean_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}


{#- A point in time as TIMESTAMP in UTC. Bronze holds TIMESTAMP WITH TIME ZONE. -#}
{% macro to_utc(column) -%}
    {{ return(adapter.dispatch('to_utc')(column)) }}
{%- endmacro %}

{% macro duckdb__to_utc(column) -%}
    ({{ column }} at time zone 'UTC')
{%- endmacro %}


{#- ISO 8601 text to TIMESTAMP in UTC; null if it is none. Text without an offset is taken as UTC,
    whatever the time zone of the session. -#}
{% macro text_to_utc(column) -%}
    {{ return(adapter.dispatch('text_to_utc')(column)) }}
{%- endmacro %}

{% macro duckdb__text_to_utc(column) -%}
    {{ to_utc(
        "try_cast(case when regexp_matches(" ~ column ~ ", '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$') then "
        ~ column ~ " else " ~ column ~ " || 'Z' end as timestamp with time zone)"
    ) }}
{%- endmacro %}


{#- A condition as INTEGER 1 or 0 (0 when unknown): ODBC hands BOOLEAN over as text. -#}
{% macro flag(condition) -%}
    cast(coalesce({{ condition }}, false) as integer)
{%- endmacro %}


{#- The columns that bronze adds to each row: when it was loaded, and from where it came. -#}
{% macro audit_columns() -%}
    {{ to_utc('ingestion_ts') }} as ingestion_ts,
    src_filename,
    src_row_hash,
    src_row_number
{%- endmacro %}
