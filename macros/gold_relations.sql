{#- Everything in gold, for tests that look at all of it: a list of [relation, is it a view]. A model that is not
    listed here is an error when such a test runs. -#}
{% macro gold_relations() %}
    {%- set tables = [
        ref('dim_date'), ref('dim_customer'), ref('dim_product'), ref('dim_product_scd'), ref('dim_store'), ref('dim_supplier'),
        ref('fct_sales'), ref('fct_shipments'), ref('fct_returns'), ref('fct_sensor_readings'), ref('fct_ingestion_audit'),
        ref('fct_schema_changes'),
        ref('data_quality_metrics'),
    ] %}
    {%- set views = [
        ref('sales'), ref('customer_360'), ref('product_performance'), ref('delivery_performance'), ref('store_health'),
        ref('data_quality'), ref('data_quality_scores'), ref('data_loading'),
    ] %}
    {%- if execute %}
        {%- set listed = (tables + views) | map(attribute='identifier') | list %}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.schema == 'gold' and node.name not in listed %}
            {%- do exceptions.raise_compiler_error('macros/gold_relations.sql does not list ' ~ node.name) %}
        {%- endfor %}
    {%- endif %}
    {%- set relations = [] %}
    {%- for relation in tables %}{% do relations.append([relation, false]) %}{% endfor %}
    {%- for relation in views %}{% do relations.append([relation, true]) %}{% endfor %}
    {{ return(relations) }}
{% endmacro %}
