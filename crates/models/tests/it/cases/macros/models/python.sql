{%- set xs = [] -%}{%- for i in range(3) -%}{%- do xs.append(i * i) -%}{%- endfor -%}
{%- set d = {'a': 1} -%}{%- do d.update({'b': [1, 2]}) -%}
select '{{ xs | join("-") }}' as xs, '{{ tojson(d) | replace("\"", "") }}' as d, '{{ modules.datetime.date(2024, 1, 31).strftime("%d/%m/%Y") }}' as dt,
 '{{ modules.re.sub("[0-9]+", "#", "a1b22") }}' as re, '{{ "%s-%03d" % ("a", 7) }}' as f, '{{ "{:,}".format(12345) }}' as g,
 '{{ zip([1,2], ["a","b"]) | list | length }}' as z, '{{ local_md5("a") }}' as m, '{{ "A b".lower().split(" ")[1] }}' as s,
 '{{ var("mark", "d") }}{{ var("none_such", "d") }}' as v, '{{ model.name }}.{{ model.resource_type }}' as mo, {{ 7 // 2 }} as fd, {{ 2 ** 5 }} as pw,
 '{{ model.unique_id }} {{ model.config.materialized }} {{ model.tags | join(",") }} {{ model.original_file_path }} {{ model.fqn | join("/") }}' as path
