select '{{ metric('revenue').name }}' as n, '{{ metric('revenue') }}' as m
