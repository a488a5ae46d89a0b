-- Off, and it asks for what nobody gives: no reason to stop.
select {{ var('nobody_gives_this') }} as x from {{ ref('nowhere') }}
