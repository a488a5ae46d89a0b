select id, '{{ var("shared") }}' as shared, {{ var('tool_limit') }} as tool_limit, '{{ shared_var() }}' as all_vars from {{ ref('tool_seed') }}
