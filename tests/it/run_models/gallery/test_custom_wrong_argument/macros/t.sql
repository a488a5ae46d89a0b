{% test above(model, column_name, least=0) %}select * from {{ model }} where {{ column_name }} <= {{ least }}{% endtest %}
{% test whole(model) %}select * from {{ model }} where false{% endtest %}
