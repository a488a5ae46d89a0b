{%- set re = modules.re -%}
{%- set it = modules.itertools -%}
select $${{ re.sub('[aeiou]+', '_', 'beautiful day') }}$$ as a, $${{ re.findall('[0-9]+', 'a1b22c333') }}$$ as b, $${{ re.match('(?P<w>\w+) (\d+)', 'abc 12').groups() }}$$ as c, $${{ re.match('(?P<w>\w+) (\d+)', 'abc 12').group('w') }}$$ as d,
  $${{ re.split(',\s*', 'a, b,c') }}$$ as e, $${{ re.search('z', 'abc') is none }}$$ as f, $${{ re.compile('^a').match('abc') is not none }}$$ as g, $${{ re.sub('(a)(b)', '\\2\\1', 'abab') }}$$ as h, $${{ re.fullmatch('ab', 'AB', re.IGNORECASE) is not none }}$$ as i,
  $${{ it.chain([1, 2], [3]) | list }}$$ as j, $${{ it.product([1, 2], ['a', 'b']) | list }}$$ as k, $${{ it.combinations([1, 2, 3], 2) | list }}$$ as l, $${{ it.zip_longest([1, 2], [3]) | list }}$$ as m, $${{ it.accumulate([1, 2, 3]) | list }}$$ as n,
  $${{ zip([1, 2], ['a', 'b']) | list }}$$ as o, $${{ set([3, 1, 3]) | sort }}$$ as p, $${{ zip_strict([1], [2]) | list }}$$ as q, $${{ set_strict([1, 1]) | list }}$$ as r,
  $${{ tojson({'b': [1, none, true], 'a': 'x"y'}) }}$$ as s, $${{ fromjson('{"a": [1, 2.5, null]}')['a'] }}$$ as t, $${{ toyaml({'a': [1, 2]}) }}$$ as u, $${{ fromyaml('a: [1, b]\nc: 2020-01-01').a }}$$ as v, $${{ fromjson('not json', 'dflt') }}$$ as w,
  $${{ local_md5('x') }}$$ as x, $${{ var('a_list') }} {{ var('a_dict').y.z[-1] }} {{ var('from_env') }} {{ var('missing', {'k': 1}).k }}$$ as y, $${{ tojson(var('a_dict'), sort_keys=true) }}$$ as z
