select id, '{{ var("tools_suffix") }}' as suffix, '{{ var("tools_other") }}' as other, '{{ tools.helper() }}' as helped
from {{ ref('features_case', 'kinds') }}
