{% macro caller_user(a) %}-- {{ caller(a, y=3) }}
{% endmacro %}
{% macro caller_user2() %}{% call(x) inner_caller() %}[{{ x }}]{% endcall %}{% endmacro %}
{% macro inner_caller() %}{{ caller(1) }}{{ caller(2) }}{% endmacro %}
{% macro returns_dict() %}{{ return({'list': [1, 2], 'text': 'x', 'none': none}) }}{% endmacro %}
{% macro recursive(n) %}{% if n <= 0 %}{{ return(0) }}{% endif %}{{ return(n + recursive(n - 1)) }}{% endmacro %}
{% macro early() %}{% for i in range(10) %}{% if i == 3 %}{{ return(i) }}{% endif %}{% endfor %}{{ return('never') }}{% endmacro %}
