select 1
{% whle true %}
