select {{ var('start') }} as d
