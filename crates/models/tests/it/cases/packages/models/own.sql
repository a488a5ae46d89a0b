select id, {{ tools.word() }} as word, {{ tools.second() }} as second, {{ tools.third() }} as third, {{ plain() }} as p1, {{ tools.plain() }} as p2,
  '{{ tools.shared_var() }}' as shared, '{{ var("shared") }}' as own_shared, '{{ this.schema }}.{{ this.identifier }}' as here
from {{ ref('tools', 'on_top') }} join {{ ref('eph_of_tools') }} using (id) join {{ ref('renamed') }} using (id)
