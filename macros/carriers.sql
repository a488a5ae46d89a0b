{#- Days within which each carrier promises to deliver, by name in lower case, as rows of a `values` list;
    whoever is not listed has promised five. -#}
{% macro carrier_promises() -%}
    (
        values
            ('australia post', 5), ('startrack', 3), ('dhl', 2),
            ('ups', 4), ('usps', 5), ('fedex', 3),
            ('royal mail', 3), ('dpd', 3),
            ('nz post', 4), ('canada post', 6), ('singpost', 2)
    )
{%- endmacro %}
