select {{ var('batch') }} as batch, '{{ kit.about() }}' as about
