{%- set xs = [3, 1, 2] -%}{%- do xs.append(5) -%}{%- do xs.extend([4]) -%}
{%- set d = {'a': 1} -%}{%- do d.update({'b': 2}) -%}
{%- set ns = namespace(total=0) -%}{%- for x in xs -%}{%- set ns.total = ns.total + x -%}{%- endfor -%}
select '{{ xs | sort | join(' ') }}' as sorted, {{ ns.total }} as total, $${{ d.items() | list }}$$ as items, $${{ 'a_b'.split('_') }}$$ as split, '{{ 'x'.upper() ~ 'Y'.lower() }}' as cases,
  '{{ '%s-%05d' % ('a', 42) }}' as formatted, '{{ '{:>5}|{}'.format('r', 1.0) }}' as fmt, '{{ [1, 2, 3][::-1] }}' as reversed, '{{ range(1, 10, 4) | list }}' as ranged,
  '{{ 7 // 2 }} {{ 7 / 2 }} {{ 2 ** 5 }} {{ -7 % 3 }}' as numbers, '{{ 'abc'[1:] }} {{ 'abc' is string }} {{ none is none }}' as tests, '{{ ("a", "b") | last }}' as tup
