{% macro duckdb__get_create_view_as_sql(relation, sql) %}/* ours */ create view {{ relation }} as ({{ sql }}){% endmacro %}
{% macro duckdb__create_view_as(relation, sql) %}create view {{ relation }} as (select *, 1 as by_override from ({{ sql }})){% endmacro %}
{% macro default__test_unique(model, column_name) %}select {{ column_name }} as one, count(*) as times from {{ model }} group by 1 having count(*) > 1{% endmacro %}
{% macro ref(name, version=none) %}{% set found = builtins.ref(name) %}{{ return(found.include(database=false)) }}{% endmacro %}
